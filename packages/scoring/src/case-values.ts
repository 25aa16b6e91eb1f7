import type { Metric } from '@medforge/contracts'
import { score } from './score.ts'
import type { Table } from './spec.ts'

/** Metrics that an id alone has; the others compare ids with one another. */
const CASE_METRICS: ReadonlySet<Metric> = new Set<Metric>([
  'accuracy',
  'log_loss',
  'mae',
  'rmse',
  'dice',
  'iou',
  'map_iou',
])

export function hasCaseValues(metric: Metric): boolean {
  return CASE_METRICS.has(metric)
}

/**
 * The metric of each id alone, in the order of the expected ids; NaN where the metric leaves it out. Their mean is the score, but for `rmse`,
 * whose score is the root of the mean of their squares. Tells the holdout: for the operator alone.
 *
 * @throws Error for a metric without such values
 */
export function caseValues(metric: Metric, submission: Table, holdout: Table): Float64Array {
  if (!hasCaseValues(metric)) throw new Error(`${metric} has no value of an id alone.`)
  return Float64Array.from({ length: countIds(holdout) }, (_, index) =>
    isLeftOut(submission, holdout, index)
      ? Number.NaN
      : score(metric, only(submission, index), only(holdout, index)).primary_score,
  )
}

/** An image without boxes on which nothing is predicted. */
function isLeftOut(submission: Table, holdout: Table, index: number): boolean {
  return [submission, holdout].every(
    (table) => table.kind === 'boxes' && table.images[index]?.length === 0,
  )
}

function countIds(table: Table): number {
  switch (table.kind) {
    case 'labels':
      return table.labels.length
    case 'boxes':
      return table.images.length
    case 'numbers':
      return table.columns[0]?.length ?? 0
    case 'masks':
      return table.bounds.length / 2
  }
}

/** The table of one id, on the same memory. */
function only(table: Table, index: number): Table {
  switch (table.kind) {
    case 'labels':
      return { ...table, labels: table.labels.subarray(index, index + 1) }
    case 'boxes':
      return { ...table, images: table.images.slice(index, index + 1) }
    case 'numbers':
      return { ...table, columns: table.columns.map((each) => each.subarray(index, index + 1)) }
    case 'masks':
      return { ...table, bounds: table.bounds.subarray(2 * index, 2 * index + 2) }
  }
}
