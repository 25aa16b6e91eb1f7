import type { SubmissionShape } from '@medforge/contracts'
import { checkSubmission, expectIds, type Fault, readColumn, specOfShape } from '@medforge/scoring'

export type LocalCheck =
  | { kind: 'good' }
  | { kind: 'faulty'; faults: readonly Fault[]; total: number }
  /** The file could not be checked here; the API does that anyway. */
  | { kind: 'unchecked'; reason: string }
  /** The browser could not read the file: it was changed, moved or deleted after it was chosen, or may not be read. */
  | { kind: 'unreadable' }

/** Larger files are left to the API, for the sake of the browser's memory. */
const LARGEST_CHECKED_BYTES = 32 * 1024 * 1024

/** `submission_spec` is null while the API cannot read the competition's bundle. */
export type CheckedCompetition = { submission_spec: SubmissionShape | null }

/**
 * Checks a prediction file against the ids of the sample submission, with the code that the API uses.
 *
 * @param readSample  resolves to the text of the sample submission; where it rejects, the file is `unchecked`
 */
export async function checkLocally(
  { submission_spec: shape }: CheckedCompetition,
  file: File,
  readSample: () => Promise<string>,
): Promise<LocalCheck> {
  if (!file.name.toLowerCase().endsWith('.csv')) {
    return refusal('The name of the file must end in .csv.')
  }
  if (file.size > LARGEST_CHECKED_BYTES) {
    return { kind: 'unchecked', reason: 'It is too large to be checked in the browser.' }
  }
  const sample = await readSample().catch(() => null)
  if (!shape || sample === null) {
    return { kind: 'unchecked', reason: 'The sample submission could not be read to compare with.' }
  }
  const spec = specOfShape(shape)
  const ids = new Set(readColumn(new TextEncoder().encode(sample), spec.idColumn))
  const bytes = new Uint8Array(await file.arrayBuffer())
  const result = checkSubmission(spec, expectIds([...ids]), bytes)
  if (result.ok) return { kind: 'good' }
  return { kind: 'faulty', faults: result.faults, total: result.total }
}

function refusal(message: string): LocalCheck {
  const fault: Fault = { kind: 'malformed_csv', message, row: null, column: null, count: 1 }
  return { kind: 'faulty', faults: [fault], total: 1 }
}
