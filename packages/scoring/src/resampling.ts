import type { Metric } from '@medforge/contracts'
import { countCases, pickCases } from './cases.ts'
import { score, valueWherePossible } from './score.ts'
import { createSeededRandom } from './seeded-random.ts'
import type { Table } from './spec.ts'

export const RESAMPLES = 1000

/** Metrics that are the mean of a value for each case: a resample is the mean of its cases' values, and none of these is computed twice. */
const MEANS: ReadonlySet<Metric> = new Set(['log_loss', 'mae', 'map_iou', 'dice', 'iou'])

/**
 * What the submission would have scored on `RESAMPLES` other draws of as many cases from the holdout's, each drawn with replacement. The same
 * seed draws the same cases for every submission, so that two can be compared case by case. NaN where a draw leaves the metric undefined.
 *
 * @param seed  at least 32 hexadecimal digits
 */
export function scoreResamples(
  metric: Metric,
  submission: Table,
  holdout: Table,
  seed: string,
): Float64Array {
  const draw = createSeededRandom(seed)
  const places = new Uint32Array(countCases(holdout))
  const scoreDraw = createDrawScorer(metric, submission, holdout)
  const scores = new Float64Array(RESAMPLES)
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    for (let at = 0; at < places.length; at += 1) places[at] = draw(places.length)
    scores[resample] = scoreDraw(places)
  }
  return scores
}

type DrawScorer = (places: Uint32Array) => number

function createDrawScorer(metric: Metric, submission: Table, holdout: Table): DrawScorer {
  if (metric === 'rmse') {
    const squares = caseValues('mae', submission, holdout).map((error) => error * error)
    return (places) => Math.sqrt(meanOf(squares, places))
  }
  if (MEANS.has(metric)) {
    const values = caseValues(metric, submission, holdout)
    return (places) => meanOf(values, places)
  }
  return (places) =>
    valueWherePossible(metric, pickCases(submission, places), pickCases(holdout, places))
}

/** The metric of each case alone; NaN for one that does not count. */
function caseValues(metric: Metric, submission: Table, holdout: Table): Float64Array {
  const values = new Float64Array(countCases(holdout))
  const place = new Uint32Array(1)
  for (let at = 0; at < values.length; at += 1) {
    place[0] = at
    const [predicted, actual] = [pickCases(submission, place), pickCases(holdout, place)]
    values[at] = isLeftOut(predicted, actual)
      ? Number.NaN
      : score(metric, predicted, actual).primary_score
  }
  return values
}

/** An image without boxes on either side. */
function isLeftOut(predicted: Table, actual: Table): boolean {
  return [predicted, actual].every(
    (table) => table.kind === 'boxes' && table.images.every(({ length }) => length === 0),
  )
}

function meanOf(values: Float64Array, places: Uint32Array): number {
  let sum = 0
  let counted = 0
  for (let at = 0; at < places.length; at += 1) {
    const value = values[places[at] as number] as number
    if (Number.isNaN(value)) continue
    sum += value
    counted += 1
  }
  return sum / counted
}
