import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { loadBundles } from '@medforge/competitions'
import { type CheckResult, checkHoldout, checkSubmission, score } from '@medforge/scoring'
import { percentile } from './statistics.ts'

const run = promisify(execFile)
// Turns of ours and of the reference alternate, so that whatever else the machine does meets both.
const ROUNDS = 6
const TURNS = 6
const WARM_UP = 10
const PYTHON = '/usr/bin/python3'
const REFERENCE = new URL('./reference/score.py', import.meta.url).pathname

/** Median milliseconds of reading a submission, and of scoring it once both files are read. */
export type Compute = { read: number; score: number; value: number }

/** The same files through this code and through Python with numpy, one after the other on the same host. */
export type Comparison = {
  competition: string
  rows: number
  ours: Compute
  reference: Compute
}

type Case = { slug: string; submission: string; holdout: string; rows: number }

/** CIFAR-100 with ten thousand labels, and RSNA with six thousand boxes. */
export async function compareComputing(): Promise<Comparison[]> {
  const folder = await mkdtemp(join(tmpdir(), 'medforge-compute-'))
  try {
    const comparisons: Comparison[] = []
    for (const one of await makeCases()) comparisons.push(await compareOne(folder, one))
    return comparisons
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function compareOne(folder: string, { slug, ...files }: Case): Promise<Comparison> {
  const bundle = (await loadBundles()).find(({ manifest }) => manifest.slug === slug)
  if (!bundle) throw new Error(`There is no bundle ${slug}.`)
  const submission = join(folder, 'submission.csv')
  const holdout = join(folder, 'holdout.csv')
  await writeFile(submission, files.submission)
  await writeFile(holdout, files.holdout)

  const { spec, expected } = bundle
  const truth = tableOf(checkHoldout(spec, expected, await readFile(holdout)))
  let value = 0
  const one = async () => {
    const started = performance.now()
    const table = tableOf(checkSubmission(spec, expected, await readFile(submission)))
    const read = performance.now()
    value = score(table, truth).primary_score
    return { read: read - started, score: performance.now() - read }
  }
  const args = [REFERENCE, spec.metric, submission, holdout, String(TURNS)]
  const ours: Taken[] = []
  const theirs: Taken[] = []
  let result = Number.NaN
  for (let turn = 0; turn < WARM_UP; turn += 1) await one()
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let turn = 0; turn < TURNS; turn += 1) ours.push(await one())
    const { stdout } = await run(PYTHON, args)
    const answer = JSON.parse(stdout) as { score: number; runs: Taken[] }
    result = answer.score
    theirs.push(
      ...answer.runs.map((taken) => ({ read: taken.read * 1000, score: taken.score * 1000 })),
    )
  }
  return {
    competition: slug,
    rows: files.rows,
    ours: { ...medianOf(ours), value },
    reference: { ...medianOf(theirs), value: result },
  }
}

/** Milliseconds. */
type Taken = { read: number; score: number }

function medianOf(times: Taken[]): Taken {
  const of = (pick: (one: Taken) => number) => percentile(times.map(pick), 0.5)
  return { read: of(({ read }) => read), score: of(({ score: taken }) => taken) }
}

function tableOf(checked: CheckResult) {
  if (checked.ok) return checked.table
  throw new Error(`The benchmark's file is not valid: ${checked.faults[0]?.message}`)
}

/** Always the same files: a small generator instead of chance. */
async function makeCases(): Promise<Case[]> {
  const [cifar, rsna] = await loadBundles()
  if (!cifar || !rsna) throw new Error('The seeds are missing.')
  const chance = createChance(7)
  const labels = (error: number) =>
    cifar.expected.ids
      .map((id, at) => `${id},${chance() < error ? Math.floor(chance() * 100) : (at * 31) % 100}\n`)
      .join('')
  const truth: string[] = []
  const predicted: string[] = []
  let boxes = 0
  for (const id of rsna.expected.ids) {
    const count = boxes < 6000 && chance() < 0.5 ? 1 + Math.floor(chance() * 4) : 0
    if (count === 0) {
      truth.push(`${id},,,,`)
      predicted.push(`${id},,,,,`)
    }
    for (let nth = 0; nth < count; nth += 1) {
      boxes += 1
      const box = [chance() * 600, chance() * 600, 100 + chance() * 200, 100 + chance() * 250]
      truth.push([id, ...box.map((side) => side.toFixed(1))].join(','))
      const moved = box.map((side) => (side + (chance() - 0.5) * 60).toFixed(1))
      predicted.push([id, chance().toFixed(4), ...moved].join(','))
    }
  }
  return [
    {
      slug: 'cifar-100-classification',
      rows: cifar.expected.ids.length,
      submission: `image_id,label\n${labels(0.3)}`,
      holdout: `image_id,label\n${labels(0)}`,
    },
    {
      slug: 'rsna-pneumonia-detection',
      rows: boxes,
      submission: `patientId,confidence,x,y,width,height\n${predicted.join('\n')}\n`,
      holdout: `patientId,x,y,width,height\n${truth.join('\n')}\n`,
    },
  ]
}

/** Mulberry32. */
function createChance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
