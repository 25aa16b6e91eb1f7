import type { COMPETITION_STATUSES, Metric, ScoreStatus } from '@medforge/contracts'
import type { Generated, GeneratedAlways } from 'kysely'
import type { SqlDay, SqlTime } from '../time.ts'

export type DatasetsTable = {
  id: string
  slug: string
  title: string
  source: string
  license: string
  bytes: number
  checksum: string
  storage_path: string
  created_at: SqlTime
}

export type CompetitionsTable = {
  id: string
  slug: string
  title: string
  description: string
  /** Markdown. */
  rules: string
  competition_tier: 'public' | 'private'
  status: Generated<(typeof COMPETITION_STATUSES)[number]>
  metric: Metric
  metric_version: string
  /** JSON text: metrics that are columns of the board and decide no rank. */
  secondary_metrics: Generated<string>
  /** JSON text: name and source of each baseline on the board, in their order. */
  reference_entries: Generated<string>
  higher_is_better: Generated<boolean>
  scoring_mode: Generated<'single_realtime_hidden'>
  leaderboard_rule: Generated<'best_per_user'>
  evaluation_policy: Generated<'canonical_test_first'>
  competition_spec_version: string
  is_permanent: boolean
  submission_cap_per_day: number
  dataset_id: string
  /** The split that the leaderboard shows. */
  evaluation_split_version: string
  manifest_sha256: string
  holdout_kind: 'demo' | 'operator'
  holdout_rows: number
  /** Hex SHA-256 that names the imported public part; null: the one that comes with MedForge. */
  bundle_version: string | null
  /** The operator's notice to everybody about the last re-score, and its time. */
  notice: string | null
  notice_at: SqlTime | null
  created_at: SqlTime
}

/** What makes a table a queue of the scoring worker. */
type ScoringQueueColumns = {
  attempts: Generated<number>
  /** While queued: when it may be tried; null: at once. */
  not_before: SqlTime | null
  /** While queued: what keeps every attempt from being made; null: nothing. */
  blocked_reason: 'holdout_unavailable' | null
  /** While being scored: which claim of which worker. */
  lease_owner: string | null
  lease_expires_at: SqlTime | null
}

export type SubmissionsTable = ScoringQueueColumns & {
  id: string
  competition_id: string
  user_id: string
  /** As the person named it; shown, never used as a path. */
  filename: string
  /** Name of the file below SUBMISSIONS_DIR, made by the server. */
  stored_name: string
  sha256: Buffer
  size_bytes: number
  /** The UTC day whose cap this submission counts against. */
  utc_day: SqlDay
  /** False once a platform failure gave the slot back. */
  counts_against_cap: Generated<boolean>
  /** Unique per user and competition while not null. */
  idempotency_key: string | null
  /** The owner's own words, for nobody else. */
  note: string | null
  score_status: Generated<ScoreStatus>
  /** For the person. */
  score_error: string | null
  /** For the operator. */
  score_error_internal: string | null
  request_id: string
  created_at: SqlTime
  scored_at: SqlTime | null
}

export type SubmissionScoresTable = {
  id: string
  submission_id: string
  competition_id: string
  user_id: string
  primary_score: number
  /** JSON text: name → number. */
  score_components: string
  scorer_version: string
  metric_version: string
  evaluation_split_version: string
  manifest_sha256: string
  is_official: boolean
  /** 1 while official, else null: with `submission_id` the unique key of "at most one official score". */
  official_active: GeneratedAlways<number | null>
  created_at: SqlTime
}

/** A whole competition being scored again beside its board; at most one is open for each. */
export type RescoreRunsTable = {
  id: string
  competition_id: string
  status: Generated<'open' | 'switched' | 'abandoned'>
  /** What an administrator asked the worker to do with it through the API; null: the operator's command drives it. */
  wanted: 'compare' | 'switch' | 'abandon' | null
  wanted_by: string | null
  /** The notice to everybody that the switch leaves; null: the usual one. */
  note: string | null
  /** When the worker last took in what was accepted. */
  gathered_at: SqlTime | null
  /** 1 while open, else null: with `competition_id` the unique key of "at most one". */
  open_active: GeneratedAlways<number | null>
  /** What the scores are computed with; once switched, the same as in the competition's row. */
  bundle_version: string | null
  metric_version: string
  evaluation_split_version: string
  manifest_sha256: string
  created_at: SqlTime
  ended_at: SqlTime | null
}

/** One submission of a run. Nobody but the operator sees it before the switch. */
export type ShadowScoresTable = ScoringQueueColumns & {
  run_id: string
  submission_id: string
  /** `invalid`: the file does not fit any more. `failed`: three attempts came to nothing. */
  state: Generated<'queued' | 'scoring' | 'scored' | 'invalid' | 'failed'>
  /** Id of the official score that it becomes. */
  score_id: string | null
  primary_score: number | null
  /** JSON text. */
  score_components: string | null
  scorer_version: string | null
  /** For the operator. */
  reason: string | null
  scored_at: SqlTime | null
}
