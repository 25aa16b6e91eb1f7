import type { Metric } from '@medforge/contracts'
import { countPairs } from './concordance-index.ts'
import type { SubmissionSpec, Table } from './spec.ts'
import { spreadOf } from './value-metrics.ts'

// With values of at most 1e50, R² then stays finite.
const SPREAD_MIN = 1e-200

/** Why the metric, or another one of its layout, has no value on this holdout, whatever is predicted; null where it has. */
export function findUnscorable(
  spec: SubmissionSpec,
  table: Table,
  metric: Metric = spec.metric,
): string | null {
  if (table.kind === 'boxes' && !table.images.some(({ length }) => length > 0)) {
    return 'No image has a box, so there is nothing to score.'
  }
  if (table.kind === 'labels' && metric === 'quadratic_weighted_kappa') {
    const [first] = table.labels
    return table.labels.some((label) => label !== first)
      ? null
      : 'All labels are the same one; the metric compares at least two.'
  }
  if (table.kind !== 'numbers') return null
  const [first, second] = table.columns
  if (metric === 'r2' && first && spreadOf(first) < SPREAD_MIN) {
    return 'All values are the same or nearly so; the metric compares errors with their spread.'
  }
  if (metric === 'concordance_index' && first && second) {
    const { pairs } = countPairs(new Float64Array(first.length), first, second)
    return pairs > 0 ? null : 'No two ids can be compared: nobody outlasts an id with the event.'
  }
  if (metric === 'auroc' || metric === 'average_precision') {
    const isLacking = table.columns.findIndex(
      (column) => !column.includes(1) || (metric === 'auroc' && !column.includes(0)),
    )
    const name = 'targetColumns' in spec ? spec.targetColumns[isLacking] : ''
    const wanted = metric === 'auroc' ? 'a 1 and a 0' : 'a 1'
    return isLacking < 0 ? null : `Column "${name}" needs ${wanted} at least.`
  }
  if (metric === 'log_loss' && table.columns.length > 1) {
    const rows = first?.length ?? 0
    for (let row = 0; row < rows; row += 1) {
      const sum = table.columns.reduce((total, column) => total + (column[row] as number), 0)
      if (sum !== 1) return 'Each id needs a 1 in one column, and 0 in the others.'
    }
  }
  return null
}
