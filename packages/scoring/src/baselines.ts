import type { Baseline, Metric } from '@medforge/contracts'
import { countCases, pickCases } from './cases.ts'
import { createSeededRandom } from './seeded-random.ts'
import { isMetricOf, type Table } from './spec.ts'

/**
 * What chance would submit, made of the holdout: `random` gives each case the truth of another one, `majority` gives all the same (the most
 * frequent label, the mean number, no box or pixel at all).
 *
 * @param seed  at least 32 hexadecimal digits that participants do not know
 */
export function makeBaseline(
  baseline: Baseline,
  metric: Metric,
  holdout: Table,
  seed: string,
): Table {
  const targets = targetsOf(metric, holdout)
  return baseline === 'random' ? shuffleCases(targets, seed) : makeMajority(targets)
}

/** The holdout as a perfect submission would have it. A risk is higher where the event is earlier. */
function targetsOf(metric: Metric, holdout: Table): Table {
  if (holdout.kind !== 'numbers' || !isMetricOf(metric, 'risks')) return holdout
  return {
    kind: 'numbers',
    columns: holdout.columns.slice(0, 1).map((times) => times.map((time) => -time)),
  }
}

function shuffleCases(table: Table, seed: string): Table {
  const draw = createSeededRandom(seed)
  const places = Uint32Array.from({ length: countCases(table) }, (_, at) => at)
  for (let last = places.length - 1; last > 0; last -= 1) {
    const other = draw(last + 1)
    const moved = places[last] as number
    places[last] = places[other] as number
    places[other] = moved
  }
  return pickCases(table, places)
}

function makeMajority(table: Table): Table {
  switch (table.kind) {
    case 'labels':
      return {
        kind: 'labels',
        labels: new Int32Array(table.labels.length).fill(mostFrequent(table.labels)),
      }
    case 'boxes':
      return { kind: 'boxes', images: table.images.map(() => []) }
    case 'numbers':
      return { kind: 'numbers', columns: table.columns.map(fillWithMean) }
    case 'masks':
      return {
        kind: 'masks',
        runs: new Uint32Array(0),
        bounds: new Uint32Array(table.bounds.length),
      }
  }
}

/** Of equally frequent ones the lowest. */
function mostFrequent(labels: Int32Array): number {
  const counts = new Map<number, number>()
  for (const label of labels.toSorted()) counts.set(label, (counts.get(label) ?? 0) + 1)
  let best = 0
  let most = 0
  for (const [label, count] of counts) {
    if (count <= most) continue
    best = label
    most = count
  }
  return best
}

function fillWithMean(column: Float64Array): Float64Array {
  let sum = 0
  for (let at = 0; at < column.length; at += 1) sum += column[at] as number
  return new Float64Array(column.length).fill(sum / column.length)
}
