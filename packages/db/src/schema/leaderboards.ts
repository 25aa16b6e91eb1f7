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

/**
 * What is known of an official score beside its value. Belongs to the score's id, and so to its holdout, metric and file; written by the
 * worker behind live scoring.
 */
export type ScoreUncertaintiesTable = {
  score_id: string
  /** The competition's own when this was computed: what the score's components hold. */
  secondary_metrics: string
  /** Null, with the interval, where it could not be computed. */
  standard_error: number | null
  interval_low: number | null
  interval_high: number | null
  /** The first entry's score that this one was compared with, and whether the two cannot be told apart. */
  first_score_id: string | null
  tied_with_first: boolean | null
  computed_at: SqlTime
}

/** A baseline of the organiser on the board of one split. */
export type ReferenceScoresTable = {
  competition_id: string
  evaluation_split_version: string
  name: string
  /** A `Baseline`, or the hex SHA-256 of the organiser's file. */
  source: string
  /** In the manifest, from 0. */
  place: number
  metric_version: string
  manifest_sha256: string
  secondary_metrics: string
  /** Null where it could not be computed. */
  primary_score: number | null
  /** JSON text. */
  score_components: string
  standard_error: number | null
  interval_low: number | null
  interval_high: number | null
  computed_at: SqlTime
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
