import type { SqlTime } from '../time.ts'

/**
 * A person's place on the board of one split: kept equal to the official scores by `packages/core/src/boards/board.ts`, and by nobody else.
 */
export type LeaderboardEntriesTable = {
  competition_id: string
  evaluation_split_version: string
  user_id: string
  /** The score, or its negative where higher is better: the board is in ascending order of it. */
  sort_score: number
  primary_score: number
  /** When the submission got its first official score: decides ties. */
  scored_at: SqlTime
  submission_id: string
  score_id: string
  metric_version: string
  /** The person's submissions with an official score on this split that are not excluded. */
  entries: number
}

/** A submission that an administrator took off the board. Gone again when it is restored. */
export type SubmissionExclusionsTable = {
  submission_id: string
  /** For everybody who may see the submission. */
  reason: string
  excluded_by: string
  excluded_at: SqlTime
}

/** What a file predicted, 16 bits an id in the order of the sample submission. Of each person's latest files only. */
export type SubmissionFingerprintsTable = {
  submission_id: string
  competition_id: string
  user_id: string
  row_hashes: Buffer
  created_at: SqlTime
}

/** A file that differs in a few ids from an earlier one of the same person. */
export type ProbingFlagsTable = {
  submission_id: string
  competition_id: string
  user_id: string
  nearest_submission_id: string
  changed_rows: number
  /** 1 for the first of a chain. */
  chain_length: number
  created_at: SqlTime
}
