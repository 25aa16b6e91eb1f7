import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  type CheckResult,
  checkHoldout,
  checkSubmission,
  measureUncertainty,
  score,
} from '@medforge/scoring'
import { type ComputeCase, makeCases } from './compute-cases.ts'
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
  /** Milliseconds to measure how uncertain the score is, behind live scoring. */
  uncertaintyMs: number
}

/** Every case through both. */
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

async function compareOne(
  folder: string,
  { competition, spec, expected, rows, ...files }: ComputeCase,
): Promise<Comparison> {
  const submission = join(folder, 'submission.csv')
  const holdout = join(folder, 'holdout.csv')
  await writeFile(submission, files.submission)
  await writeFile(holdout, files.holdout)

  const truth = tableOf(checkHoldout(spec, expected, await readFile(holdout)))
  let value = 0
  const one = async () => {
    const started = performance.now()
    const table = tableOf(checkSubmission(spec, expected, await readFile(submission)))
    const read = performance.now()
    value = score(spec.metric, table, truth).primary_score
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
  const predicted = tableOf(checkSubmission(spec, expected, await readFile(submission)))
  const begun = performance.now()
  measureUncertainty(spec.metric, predicted, truth, 'f'.repeat(32))
  const uncertaintyMs = performance.now() - begun
  return {
    competition,
    rows,
    uncertaintyMs,
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
