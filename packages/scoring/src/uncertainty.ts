import type { Metric } from '@medforge/contracts'
import { countCases } from './cases.ts'
import { clopperPearson } from './clopper-pearson.ts'
import { scoreResamples } from './resampling.ts'
import { score } from './score.ts'
import type { Table } from './spec.ts'

/** How far a score would move on other cases from where the holdout's come. */
export type Uncertainty = {
  standard_error: number
  /** 95 %. Holds the score. */
  interval: { low: number; high: number }
}

/** Of the draws, so many have to give a score, or none of them means anything. */
const VALID_SHARE_MIN = 0.95
// Each further digit would say more about the labels, and nothing about the score.
const DIGITS = 3

/**
 * The exact interval for accuracy, which is a proportion; for every other metric the middle 95 % of its resamples.
 *
 * @param seed  at least 32 hexadecimal digits that participants do not know
 * @returns null where too many draws leave the metric undefined
 */
export function measureUncertainty(
  metric: Metric,
  submission: Table,
  holdout: Table,
  seed: string,
): Uncertainty | null {
  const value = score(metric, submission, holdout).primary_score
  if (metric === 'accuracy') return measureProportion(value, countCases(holdout))
  const found = summarize(scoreResamples(metric, submission, holdout, seed))
  if (!found) return null
  const round = rounding(found.standard_error)
  return {
    standard_error: round(found.standard_error),
    interval: {
      low: Math.min(value, round(found.low)),
      high: Math.max(value, round(found.high)),
    },
  }
}

/**
 * Whether two submissions cannot be told apart: their difference on the same draws is 0 within its middle 95 %. Their intervals may overlap
 * although one is clearly better, because both are scored on the same cases.
 *
 * @returns null where too many draws leave the metric undefined
 */
export function isTied(
  metric: Metric,
  submission: Table,
  first: Table,
  holdout: Table,
  seed: string,
): boolean | null {
  const best = scoreResamples(metric, first, holdout, seed)
  const others = scoreResamples(metric, submission, holdout, seed)
  const found = summarize(best.map((value, at) => value - (others[at] as number)))
  return found && found.low <= 0 && found.high >= 0
}

function measureProportion(share: number, cases: number): Uncertainty {
  return {
    standard_error: Math.sqrt((share * (1 - share)) / cases),
    interval: clopperPearson(Math.round(share * cases), cases),
  }
}

/** Standard deviation and the middle 95 %. */
function summarize(
  values: Float64Array,
): { standard_error: number; low: number; high: number } | null {
  const valid = values.filter((value) => !Number.isNaN(value)).sort()
  if (valid.length < VALID_SHARE_MIN * values.length) return null
  const mean = valid.reduce((sum, value) => sum + value, 0) / valid.length
  const squares = valid.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const at = (share: number) => valid[Math.round(share * (valid.length + 1)) - 1] as number
  return {
    standard_error: Math.sqrt(squares / (valid.length - 1)),
    low: at(0.025),
    high: at(0.975),
  }
}

/** To the place of the last of `DIGITS` digits of the standard error. */
function rounding(standardError: number): (value: number) => number {
  if (standardError === 0) return (value) => value
  const places = DIGITS - 1 - Math.floor(Math.log10(standardError))
  return (value) => Number(value.toFixed(Math.min(100, Math.max(0, places))))
}
