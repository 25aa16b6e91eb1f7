import type { Metric, SubmissionShape } from '@medforge/contracts'
import { checkSubmission, expectIds, type Fault, type SubmissionSpec } from '@medforge/scoring'

export type LocalCheck =
  | { kind: 'good' }
  | { kind: 'faulty'; faults: readonly Fault[]; total: number }
  /** The file could not be checked here; the API does that anyway. */
  | { kind: 'unchecked'; reason: string }

/** Larger files are left to the API, for the sake of the browser's memory. */
const LARGEST_CHECKED_BYTES = 32 * 1024 * 1024

/** For a competition whose labels the API does not name. */
const ANY_LABEL = { min: -(2 ** 31), max: 2 ** 31 - 1 }

export type CheckedCompetition = { metric: Metric; submission_spec?: SubmissionShape | null }

/**
 * Checks a prediction file against the sample submission, with the code that the API uses.
 *
 * @param readSample  resolves to the text of the sample submission; where it rejects, the file is `unchecked`
 */
export async function checkLocally(
  { metric, submission_spec: shape }: CheckedCompetition,
  file: File,
  readSample: () => Promise<string>,
): Promise<LocalCheck> {
  if (!file.name.toLowerCase().endsWith('.csv')) {
    return refusal('The name of the file must end in .csv.')
  }
  if (file.size > LARGEST_CHECKED_BYTES) {
    return { kind: 'unchecked', reason: 'It is too large to be checked in the browser.' }
  }
  let sample: Sample
  try {
    sample = parseSample(metric, await readSample())
  } catch {
    return { kind: 'unchecked', reason: 'The sample submission could not be read to compare with.' }
  }
  const bytes = new Uint8Array(await file.arrayBuffer())
  const spec = shape ? specOfShape(shape) : sample.spec
  const result = checkSubmission(spec, expectIds(sample.ids), bytes)
  if (result.ok) return { kind: 'good' }
  return { kind: 'faulty', faults: result.faults, total: result.total }
}

function specOfShape(shape: SubmissionShape): SubmissionSpec {
  const { metric, id_column: idColumn } = shape
  if (metric === 'map_iou') return { metric, idColumn, boxColumns: shape.box_columns }
  const labels = { min: shape.label_min, max: shape.label_max }
  return { metric, idColumn, targetColumn: shape.target_column, labels }
}

function refusal(message: string): LocalCheck {
  const fault: Fault = { kind: 'malformed_csv', message, row: null, column: null, count: 1 }
  return { kind: 'faulty', faults: [fault], total: 1 }
}

type Sample = { spec: SubmissionSpec; ids: string[] }

/**
 * The columns, in their order, and the ids that a sample submission prescribes.
 * @throws Error when it lacks columns of its metric
 */
export function parseSample(metric: Metric, text: string): Sample {
  const [header = '', ...rows] = text.replace(/^\ufeff/, '').split(/\r?\n/)
  const [idColumn, ...columns] = header.split(',').map((name) => name.trim())
  const ids = new Set<string>()
  for (const row of rows) if (row !== '') ids.add(firstCell(row))
  return { spec: specOf(metric, idColumn, columns), ids: [...ids] }
}

function specOf(metric: Metric, idColumn = '', columns: readonly string[]): SubmissionSpec {
  const [first, second, third, fourth, fifth] = columns
  if (idColumn === '' || !first) throw new Error('The sample submission has no columns.')
  if (metric === 'accuracy') {
    return { metric, idColumn, targetColumn: first, labels: ANY_LABEL }
  }
  if (!second || !third || !fourth || !fifth) throw new Error('The sample submission has no boxes.')
  const boxColumns = { confidence: first, x: second, y: third, width: fourth, height: fifth }
  return { metric, idColumn, boxColumns }
}

function firstCell(row: string): string {
  const quoted = /^"((?:[^"]|"")*)"/.exec(row)
  return quoted ? (quoted[1] ?? '').replaceAll('""', '"') : (row.split(',', 1)[0] ?? '')
}
