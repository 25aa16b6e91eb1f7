import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import { listFiles } from '@medforge/cli/images/content-hash.ts'
import { METRICS, type Metric, type SubmissionShape } from '@medforge/contracts'
import {
  checkHoldout,
  checkSubmission,
  expectIds,
  type OwnScore,
  readColumn,
  score,
  specOfShape,
} from '@medforge/scoring'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { seedOr } from '../support/seed.ts'
import { type FilePair, randomPairs } from './random-files.ts'

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url))
const PAIRS = inject('isLong') ? 10_000 : 1_000
const SEED = seedOr(20_261_201)
// Few sets of labels with many predictions each: a set is a process.
const PREDICTIONS = PAIRS === 10_000 ? 360 : 72
const SETS = Math.ceil(PAIRS / (METRICS.length * PREDICTIONS))

const SETS_OF_FILES = METRICS.flatMap((metric) =>
  Array.from({ length: SETS }, (_, nth) => randomPairs(metric, SEED + nth, PREDICTIONS)),
)

/** What the worker computes of a pair: a checked file, a checked holdout, and `score`. */
function scoreAsWorker({ metric, shape, labels, predictions }: FilePair): number {
  const [holdout, file] = [Buffer.from(labels), Buffer.from(predictions)]
  const spec = {
    ...specOfShape(shape),
    ...(metric === 'concordance_index' ? { holdoutColumns: ['months', 'died'] } : {}),
  }
  const expected = expectIds([...new Set(readColumn(holdout, spec.idColumn))])
  const truth = checkHoldout(spec, expected, holdout)
  const checked = checkSubmission(spec, expected, file)
  if (!truth.ok || !checked.ok) throw new Error(`No valid pair of ${metric}.`)
  return score(metric, checked.table, truth.table).primary_score
}

/** Each computed once, for the command and for the page. */
const SCORES = new Map<FilePair, number>()
function expectedOf(pair: FilePair): number {
  const known = SCORES.get(pair) ?? scoreAsWorker(pair)
  SCORES.set(pair, known)
  return known
}

test(`there are ${PAIRS} pairs at least`, () => {
  expect(SETS_OF_FILES.flat().length).toBeGreaterThanOrEqual(PAIRS)
})

describe('the command of the pack', () => {
  let folder = ''
  beforeAll(async () => {
    // As the image has it: these files alone, without any module beside them.
    folder = await mkdtemp(join(tmpdir(), 'medforge-score-'))
    for (const { from, to } of listFiles(join(REPOSITORY, 'packages/scoring'), 'scorer')) {
      await mkdir(dirname(join(folder, to)), { recursive: true })
      await cp(from, join(folder, to))
    }
  })
  afterAll(() => rm(folder, { recursive: true }))

  const run = (args: string[]) =>
    promisify(execFile)(process.execPath, [join(folder, 'scorer/bin/medforge-score.ts'), ...args], {
      cwd: folder,
    })

  async function write(name: string, content: string): Promise<string> {
    await writeFile(join(folder, name), content)
    return name
  }

  const argumentsFor = (metric: Metric) => [
    ...['--metric', metric],
    ...(metric === 'dice' || metric === 'iou' ? ['--image', '16x16'] : []),
  ]

  test('gives the double of the worker, to the bit', { timeout: 600_000 }, async () => {
    for (const pairs of SETS_OF_FILES) {
      const [{ metric, labels } = { metric: 'accuracy' as const, labels: '' }] = pairs
      const labelsFile = await write('labels.csv', labels)
      const names = await Promise.all(
        pairs.map(({ predictions }, nth) => write(`${nth}.csv`, predictions)),
      )
      const { stdout } = await run([...argumentsFor(metric), labelsFile, ...names])
      const expected = pairs.map((pair, nth) => `${expectedOf(pair)}  ${nth}.csv\n`)
      expect(stdout, metric).toBe(expected.join(''))
    }
  })

  test('takes names as labels, and says what is wrong with a file and what it can do', {
    timeout: 180_000,
  }, async () => {
    const labels = await write('labels.csv', 'id,animal\na,cat\nb,dog\nc,cat\n')
    const good = await write('good.csv', 'id,animal\nc,cat\nb,horse\na,cat\n')
    const bad = await write('bad.csv', 'id,animal\na,cat\nb,dog\nd,dog\n')
    const args = ['--metric', 'accuracy', labels]
    expect((await run([...args, good])).stdout).toBe(`${2 / 3}  good.csv\n`)
    const failure = { code: 1, stderr: expect.stringContaining('bad.csv: 1 id') }
    await expect(run([...args, good, bad])).rejects.toMatchObject({
      ...failure,
      stdout: `${2 / 3}  good.csv\n`,
    })
    for (const wrong of [[], ['--metric', 'auc', labels, good], [...args, 'missing.csv'], ['-x']]) {
      await expect(run(wrong)).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringContaining('medforge-score --metric METRIC'),
      })
    }
  })

  test('is what the pack starts', async () => {
    const wrapper = await readFile(
      join(REPOSITORY, 'deploy/packs/default/rootfs/usr/local/bin/medforge-score'),
      'utf8',
    )
    expect(wrapper).toContain('exec node /opt/medforge-score/bin/medforge-score.ts "$@"')
  })
})

describe('the worker of the page', () => {
  type Request = { shape: SubmissionShape; labels: Blob; predictions: Blob }
  let ask: (request: Request) => Promise<OwnScore>
  beforeAll(async () => {
    const code = await bundle(
      join(REPOSITORY, 'apps/web/features/competitions/own-labels.worker.ts'),
    )
    ask = start(code)
  })

  test('gives the double of the worker, to the bit, as a bundle for browsers', {
    timeout: 600_000,
  }, async () => {
    for (const pair of SETS_OF_FILES.flat()) {
      const { shape, labels, predictions } = pair
      const answer = await ask({
        shape,
        labels: new Blob([labels]),
        predictions: new Blob([predictions]),
      })
      if (!answer.ok) throw new Error(`${pair.metric}: ${JSON.stringify(answer)}`)
      expect(Object.is(answer.score, expectedOf(pair)), pair.metric).toBe(true)
    }
  })

  test('names the file that is at fault, in words without a sample submission', async () => {
    const [pair] = randomPairs('accuracy', SEED, 1)
    const shape = pair?.shape as SubmissionShape
    const [labels, none] = [new Blob([pair?.labels ?? '']), new Blob(['image,grade\nx,1\n'])]
    const faulty = await ask({ shape, labels, predictions: none })
    expect(faulty).toMatchObject({ ok: false, file: 'predictions' })
    expect(JSON.stringify(faulty)).toMatch(/is not in the labels/)
    const empty = await ask({ shape, labels: new Blob(['image,grade\n']), predictions: none })
    expect(empty).toMatchObject({ ok: false, file: 'labels', faults: [{ kind: 'empty_file' }] })
  })
})

/** One script, minified, as browsers get it. */
async function bundle(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    root: REPOSITORY,
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      lib: { entry, formats: ['iife'], name: 'worker' },
    },
  })
  const [result] = [built].flat()
  if (!result || !('output' in result)) throw new Error('Nothing was built.')
  return result.output[0].code
}

/** The script in a global scope of its own that has what a worker of a browser has. */
function start(code: string): (request: unknown) => Promise<OwnScore> {
  type Scope = { onmessage?: (event: { data: unknown }) => Promise<void> }
  let answered: (answer: OwnScore) => void = () => {}
  const scope = createContext({
    TextDecoder,
    TextEncoder,
    postMessage: (answer: OwnScore) => answered(structuredClone(answer)),
  }) as Scope & { self?: Scope }
  scope.self = scope
  runInContext(code, scope)
  return (data) =>
    new Promise((resolve, reject) => {
      answered = resolve
      scope.onmessage?.({ data }).catch(reject)
    })
}
