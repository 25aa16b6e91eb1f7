import { checkHoldout, checkSubmission } from './checker.ts'
import { readRecords } from './column.ts'
import type { Fault } from './faults.ts'
import { findColumn } from './header.ts'
import { score } from './score.ts'
import { expectIds, type SubmissionSpec } from './spec.ts'

export type OwnScore =
  | { ok: true; score: number; ids: number }
  | { ok: false; file: 'labels' | 'predictions'; faults: Fault[]; total: number }

/**
 * Scores a prediction against labels of one's own, both in memory as a whole: the same checks and the same double as the worker's, on the ids
 * of the labels.
 *
 * @param spec  of a competition, or `inferSpec`'s; for a risk without `holdoutColumns` the labels are an id, a time and an event
 */
export function scoreOwnLabels(
  spec: SubmissionSpec,
  labels: Uint8Array,
  predictions: Uint8Array,
): OwnScore {
  const { others, ids } = readIds(spec, labels)
  const complete = withHoldoutColumns(spec, others)
  const expected = expectIds(ids)
  const truth = checkHoldout(complete, expected, labels)
  if (!truth.ok) return refusal('labels', truth)
  if (ids.length === 0) {
    const message = 'The file has no labels.'
    const faults: Fault[] = [{ kind: 'empty_file', message, row: null, column: null, count: 1 }]
    return { ok: false, file: 'labels', faults, total: 1 }
  }
  const checked = checkSubmission(complete, expected, predictions)
  if (!checked.ok) return refusal('predictions', checked)
  const { primary_score } = score(spec.metric, checked.table, truth.table)
  return { ok: true, score: primary_score, ids: ids.length }
}

/** The ids, and the columns beside them. */
function readIds(spec: SubmissionSpec, labels: Uint8Array): { others: string[]; ids: string[] } {
  const [header = [], ...rows] = readRecords(labels).records
  const at = findColumn(spec, header, spec.idColumn)
  const isRow = (row: string[]) => row.length > 1 || row[0] !== ''
  const ids = at < 0 ? [] : rows.filter(isRow).map((row) => row[at] ?? '')
  return { others: header.filter((_, place) => place !== at), ids: [...new Set(ids)] }
}

function withHoldoutColumns(spec: SubmissionSpec, others: readonly string[]): SubmissionSpec {
  if (spec.metric !== 'concordance_index' || spec.holdoutColumns) return spec
  const [time = 'time', event = 'event'] = others
  return { ...spec, holdoutColumns: [time, event] }
}

/** There is no sample submission here: the ids are those of the labels. */
function refusal(
  file: 'labels' | 'predictions',
  { faults, total }: { faults: Fault[]; total: number },
): OwnScore {
  const worded = faults.map((fault) => ({
    ...fault,
    message: fault.message.replaceAll('the sample submission', 'the labels'),
  }))
  return { ok: false, file, faults: worded, total }
}
