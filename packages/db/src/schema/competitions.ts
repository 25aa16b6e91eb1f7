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
  created_at: SqlTime
}

export type SubmissionsTable = {
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
  score_status: Generated<ScoreStatus>
  /** For the person. */
  score_error: string | null
  /** For the operator. */
  score_error_internal: string | null
  attempts: Generated<number>
  lease_owner: string | null
  lease_expires_at: SqlTime | null
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
