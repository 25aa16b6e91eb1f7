import type { Metric } from '@medforge/contracts'
import { concordanceIndex } from './concordance-index.ts'
import { accuracy, balancedAccuracy, macroF1, quadraticWeightedKappa } from './label-metrics.ts'
import { mapIou } from './map-iou.ts'
import { dice, iou } from './mask-metrics.ts'
import { auroc, averagePrecision, logLoss } from './probability-metrics.ts'
import type { Table } from './spec.ts'
import { mae, r2, rmse } from './value-metrics.ts'

/** Changes whenever the same file and holdout could give another double. A score is stamped with it. */
export const SCORER_VERSION = 'medforge-scorer-1'

export type ScoreResult = {
  /** Finite. */
  primary_score: number
  /**
   * The value of each metric, the primary one first, and nothing else: no counts by class, threshold or row, which would give the holdout
   * away.
   */
  score_components: Partial<Record<Metric, number>>
}

type Rule<Of extends Table> = (predicted: Of, truth: Of) => number
type Judge = (predicted: Table, truth: Table) => number

const JUDGES: Record<Metric, Judge> = {
  accuracy: judgeOf('labels', accuracy),
  balanced_accuracy: judgeOf('labels', balancedAccuracy),
  macro_f1: judgeOf('labels', macroF1),
  quadratic_weighted_kappa: judgeOf('labels', quadraticWeightedKappa),
  map_iou: judgeOf('boxes', mapIou),
  auroc: judgeOf('numbers', auroc),
  average_precision: judgeOf('numbers', averagePrecision),
  log_loss: judgeOf('numbers', logLoss),
  rmse: judgeOf('numbers', rmse),
  mae: judgeOf('numbers', mae),
  r2: judgeOf('numbers', r2),
  concordance_index: judgeOf('numbers', concordanceIndex),
  dice: judgeOf('masks', dice),
  iou: judgeOf('masks', iou),
}

/**
 * Score a checked submission against a checked holdout of the same spec: a pure function, the same double every time.
 *
 * @param secondary  further metrics of the same layout; one that has no value for this submission is left out
 * @throws Error when the two do not belong together or the result is not a finite number; never a wrong score
 */
export function score(
  metric: Metric,
  submission: Table,
  holdout: Table,
  secondary: readonly Metric[] = [],
): ScoreResult {
  const value = JUDGES[metric](submission, holdout)
  if (!Number.isFinite(value)) throw new Error('The metric gave no finite number.')
  const score_components: ScoreResult['score_components'] = { [metric]: value }
  for (const other of secondary) {
    const also = valueWherePossible(other, submission, holdout)
    if (Number.isFinite(also)) score_components[other] = also
  }
  return { primary_score: value, score_components }
}

/** NaN where the metric is undefined: for a column of the board nobody loses their score. */
export function valueWherePossible(metric: Metric, submission: Table, holdout: Table): number {
  try {
    return JUDGES[metric](submission, holdout)
  } catch {
    return Number.NaN
  }
}

function judgeOf<Kind extends Table['kind']>(
  kind: Kind,
  rule: Rule<Extract<Table, { kind: Kind }>>,
): Judge {
  const isOurs = (table: Table): table is Extract<Table, { kind: Kind }> => table.kind === kind
  return (predicted, truth) => {
    if (isOurs(predicted) && isOurs(truth)) return rule(predicted, truth)
    throw new Error('Submission and holdout are of different metrics.')
  }
}
