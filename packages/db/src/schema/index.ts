import type {
  CompetitionsTable,
  DatasetsTable,
  RescoreRunsTable,
  ShadowScoresTable,
  SubmissionScoresTable,
  SubmissionsTable,
} from './competitions.ts'
import type {
  LeaderboardEntriesTable,
  ProbingFlagsTable,
  ReferenceScoresTable,
  ScoreUncertaintiesTable,
  SubmissionExclusionsTable,
  SubmissionFingerprintsTable,
} from './leaderboards.ts'
import type { AuditEventsTable, PlatformStateTable } from './platform.ts'
import type {
  GpuDevicesTable,
  PacksTable,
  SessionAccessesTable,
  SessionEventsTable,
  SessionsTable,
  StorageUsageTable,
} from './sessions.ts'
import type { AccessTokensTable, AuthSessionsTable, InvitationsTable, UsersTable } from './users.ts'

export type DB = {
  users: UsersTable
  auth_sessions: AuthSessionsTable
  access_tokens: AccessTokensTable
  invitations: InvitationsTable
  packs: PacksTable
  gpu_devices: GpuDevicesTable
  sessions: SessionsTable
  session_events: SessionEventsTable
  session_accesses: SessionAccessesTable
  storage_usage: StorageUsageTable
  datasets: DatasetsTable
  competitions: CompetitionsTable
  submissions: SubmissionsTable
  submission_scores: SubmissionScoresTable
  leaderboard_entries: LeaderboardEntriesTable
  score_uncertainties: ScoreUncertaintiesTable
  reference_scores: ReferenceScoresTable
  submission_exclusions: SubmissionExclusionsTable
  submission_fingerprints: SubmissionFingerprintsTable
  probing_flags: ProbingFlagsTable
  audit_events: AuditEventsTable
  platform_state: PlatformStateTable
  rescore_runs: RescoreRunsTable
  shadow_scores: ShadowScoresTable
}
