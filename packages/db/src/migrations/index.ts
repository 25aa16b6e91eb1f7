import type { Migration } from 'kysely/migration'
import * as users from './20261123-01-users.ts'
import * as authSessions from './20261123-02-auth-sessions.ts'
import * as packs from './20261123-03-packs.ts'
import * as gpuDevices from './20261123-04-gpu-devices.ts'
import * as sessions from './20261123-05-sessions.ts'
import * as sessionEvents from './20261123-06-session-events.ts'
import * as datasets from './20261123-07-datasets.ts'
import * as competitions from './20261123-08-competitions.ts'
import * as submissions from './20261123-09-submissions.ts'
import * as submissionScores from './20261123-10-submission-scores.ts'
import * as auditEvents from './20261123-11-audit-events.ts'
import * as platformState from './20261123-12-platform-state.ts'
import * as packsStatus from './20261123-13-packs-status.ts'
import * as competitionsStatus from './20261123-14-competitions-status.ts'
import * as sessionEventsStatus from './20261123-15-session-events-status.ts'
import * as authSessionsRevoked from './20261123-16-auth-sessions-revoked.ts'
import * as gpuQuarantine from './20261124-20-gpu-quarantine.ts'
import * as gpuQuarantineCheck from './20261124-21-gpu-quarantine-check.ts'
import * as invitations from './20261124-24-invitations.ts'
import * as leaderboardEntries from './20261124-30-leaderboard-entries.ts'
import * as submissionExclusions from './20261124-31-submission-exclusions.ts'
import * as leaderboardFill from './20261124-32-leaderboard-fill.ts'
import * as submissionFingerprints from './20261124-33-submission-fingerprints.ts'
import * as probingFlags from './20261124-34-probing-flags.ts'
import * as submissionsContent from './20261124-35-submissions-content.ts'
import * as submissionsNewest from './20261124-36-submissions-newest.ts'
import * as submissionsNewestOfCompetition from './20261124-37-submissions-newest-of-competition.ts'
import * as competitionsImported from './20261124-40-competitions-imported.ts'
import * as rescoreRuns from './20261124-41-rescore-runs.ts'
import * as shadowScores from './20261124-42-shadow-scores.ts'
import * as authSessionsSeen from './20261128-50-auth-sessions-seen.ts'
import * as submissionsWaiting from './20261128-51-submissions-waiting.ts'
import * as sessionAccesses from './20261130-50-session-accesses.ts'
import * as authSessionsTokenReplaced from './20261130-51-auth-sessions-token-replaced.ts'
import * as usersDemoted from './20261130-52-users-demoted.ts'
import * as socketsMark from './20261130-53-sockets-mark.ts'
import * as submissionsQueueColumns from './20261130-70-submissions-queue-columns.ts'
import * as submissionsQueueRows from './20261130-71-submissions-queue-rows.ts'
import * as shadowScoresQueueColumns from './20261130-72-shadow-scores-queue-columns.ts'
import * as shadowScoresQueueRows from './20261130-73-shadow-scores-queue-rows.ts'
import * as sessionsFailed from './20261201-10-sessions-failed.ts'
import * as sessionsFailedRows from './20261201-11-sessions-failed-rows.ts'
import * as usersLimits from './20261201-12-users-limits.ts'
import * as storageUsage from './20261201-13-storage-usage.ts'
import * as sessionsWorkspaceQuota from './20261201-14-sessions-workspace-quota.ts'
import * as usersDisplayNameKeys from './20261201-20-users-display-name-keys.ts'
import * as usersDisplayNameFilled from './20261201-21-users-display-name-filled.ts'
import * as authSessionsClient from './20261201-22-auth-sessions-client.ts'
import * as usersDisplayNameDefaults from './20261201-40-users-display-name-defaults.ts'
import * as competitionsMetric from './20261201-70-competitions-metric.ts'
import * as accessTokens from './20261201-80-access-tokens.ts'
import * as competitionsSecondaryMetrics from './20261201-81-competitions-secondary-metrics.ts'
import * as competitionsReferenceEntries from './20261201-82-competitions-reference-entries.ts'
import * as scoreUncertainties from './20261201-83-score-uncertainties.ts'
import * as referenceScores from './20261201-84-reference-scores.ts'
import * as submissionsNote from './20261201-90-submissions-note.ts'
import * as rescoreRunsWanted from './20261201-95-rescore-runs-wanted.ts'

/**
 * Every step of the schema, oldest first. Listed by hand rather than found on disk, so that what runs is what was reviewed.
 * One DDL statement each, because MariaDB commits DDL by itself: a migrator killed between two resumes at the next.
 * A step that has landed is never edited.
 */
export const MIGRATIONS: Record<string, Migration> = {
  '20261123-01-users': users,
  '20261123-02-auth-sessions': authSessions,
  '20261123-03-packs': packs,
  '20261123-04-gpu-devices': gpuDevices,
  '20261123-05-sessions': sessions,
  '20261123-06-session-events': sessionEvents,
  '20261123-07-datasets': datasets,
  '20261123-08-competitions': competitions,
  '20261123-09-submissions': submissions,
  '20261123-10-submission-scores': submissionScores,
  '20261123-11-audit-events': auditEvents,
  '20261123-12-platform-state': platformState,
  '20261123-13-packs-status': packsStatus,
  '20261123-14-competitions-status': competitionsStatus,
  '20261123-15-session-events-status': sessionEventsStatus,
  '20261123-16-auth-sessions-revoked': authSessionsRevoked,
  '20261124-20-gpu-quarantine': gpuQuarantine,
  '20261124-21-gpu-quarantine-check': gpuQuarantineCheck,
  '20261124-24-invitations': invitations,
  '20261124-30-leaderboard-entries': leaderboardEntries,
  '20261124-31-submission-exclusions': submissionExclusions,
  '20261124-32-leaderboard-fill': leaderboardFill,
  '20261124-33-submission-fingerprints': submissionFingerprints,
  '20261124-34-probing-flags': probingFlags,
  '20261124-35-submissions-content': submissionsContent,
  '20261124-36-submissions-newest': submissionsNewest,
  '20261124-37-submissions-newest-of-competition': submissionsNewestOfCompetition,
  '20261124-40-competitions-imported': competitionsImported,
  '20261124-41-rescore-runs': rescoreRuns,
  '20261124-42-shadow-scores': shadowScores,
  '20261128-50-auth-sessions-seen': authSessionsSeen,
  '20261128-51-submissions-waiting': submissionsWaiting,
  '20261130-50-session-accesses': sessionAccesses,
  '20261130-51-auth-sessions-token-replaced': authSessionsTokenReplaced,
  '20261130-52-users-demoted': usersDemoted,
  '20261130-53-sockets-mark': socketsMark,
  '20261130-70-submissions-queue-columns': submissionsQueueColumns,
  '20261130-71-submissions-queue-rows': submissionsQueueRows,
  '20261130-72-shadow-scores-queue-columns': shadowScoresQueueColumns,
  '20261130-73-shadow-scores-queue-rows': shadowScoresQueueRows,
  '20261201-10-sessions-failed': sessionsFailed,
  '20261201-11-sessions-failed-rows': sessionsFailedRows,
  '20261201-12-users-limits': usersLimits,
  '20261201-13-storage-usage': storageUsage,
  '20261201-14-sessions-workspace-quota': sessionsWorkspaceQuota,
  '20261201-20-users-display-name-keys': usersDisplayNameKeys,
  '20261201-21-users-display-name-filled': usersDisplayNameFilled,
  '20261201-22-auth-sessions-client': authSessionsClient,
  '20261201-40-users-display-name-defaults': usersDisplayNameDefaults,
  '20261201-70-competitions-metric': competitionsMetric,
  '20261201-80-access-tokens': accessTokens,
  '20261201-81-competitions-secondary-metrics': competitionsSecondaryMetrics,
  '20261201-82-competitions-reference-entries': competitionsReferenceEntries,
  '20261201-83-score-uncertainties': scoreUncertainties,
  '20261201-84-reference-scores': referenceScores,
  '20261201-90-submissions-note': submissionsNote,
  '20261201-95-rescore-runs-wanted': rescoreRunsWanted,
}
