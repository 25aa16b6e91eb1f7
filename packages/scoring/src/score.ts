import { accuracy } from './accuracy.ts'
import { mapIou } from './map-iou.ts'
import type { Table } from './spec.ts'

/** Changes whenever the same file and holdout could give another double. A score is stamped with it. */
export const SCORER_VERSION = 'medforge-scorer-1'

export type ScoreResult = {
  /** Finite, in 0..1. */
  primary_score: number
  /** Never more than the primary score tells: no counts by class, threshold or row, which would give the holdout away. */
  score_components: Record<string, number>
}

/**
 * Score a checked submission against a checked holdout: a pure function, the same double every time and everywhere.
 *
 * @throws Error when the two do not belong together or the result is not a finite number; never a wrong score
 */
export function score(submission: Table, holdout: Table): ScoreResult {
  const value = primaryScore(submission, holdout)
  if (!Number.isFinite(value)) throw new Error('The metric gave no finite number.')
  return { primary_score: value, score_components: { [holdout.metric]: value } }
}

function primaryScore(submission: Table, holdout: Table): number {
  if (submission.metric === 'accuracy' && holdout.metric === 'accuracy') {
    return accuracy(submission, holdout)
  }
  if (submission.metric === 'map_iou' && holdout.metric === 'map_iou') {
    return mapIou(submission, holdout)
  }
  throw new Error('Submission and holdout are of different metrics.')
}
