import type {
  CompetitionsTable,
  DatasetsTable,
  SubmissionScoresTable,
  SubmissionsTable,
} from './competitions.ts'
import type { AuditEventsTable, PlatformStateTable } from './platform.ts'
import type { GpuDevicesTable, PacksTable, SessionEventsTable, SessionsTable } from './sessions.ts'
import type { AuthSessionsTable, InvitationsTable, UsersTable } from './users.ts'

export type DB = {
  users: UsersTable
  auth_sessions: AuthSessionsTable
  packs: PacksTable
  gpu_devices: GpuDevicesTable
  invitations: InvitationsTable
  sessions: SessionsTable
  session_events: SessionEventsTable
  datasets: DatasetsTable
  competitions: CompetitionsTable
  submissions: SubmissionsTable
  submission_scores: SubmissionScoresTable
  audit_events: AuditEventsTable
  platform_state: PlatformStateTable
}
