import type { AuditEvent } from '@medforge/contracts'

const ACTIONS: Record<string, string> = {
  'competition.import': 'Imported a competition',
  'competition.rescore': 'Switched a board to new scores',
  'competition.rescore_abandon': 'Forgot a re-score of a competition',
  'competition.rescore_start': 'Began to score a competition again',
  'competition.rescore_switch': 'Asked for the switch of a board',
  'competition.update': 'Changed a competition',
  'gpu.disable': 'Disabled a GPU',
  'gpu.enable': 'Enabled a GPU',
  'gpu.quarantine': 'Put a GPU into quarantine',
  'gpu.release': 'Ended the quarantine of a GPU',
  'invitation.create': 'Made an invitation',
  'invitation.revoke': 'Revoked an invitation',
  'invitation.use': 'Used an invitation',
  'session.stop': 'Stopped a session',
  'session.visit': 'Entered somebody’s session',
  'snapshot.clone': 'Made a snapshot readable',
  'submission.exclude': 'Took a submission off the leaderboard',
  'submission.restore': 'Put a submission back on the leaderboard',
  'submission.score_again': 'Had a submission scored again',
  'token.create': 'Made a personal token',
  'token.revoke': 'Revoked a personal token',
  'user.disable': 'Disabled an account',
  'user.enable': 'Enabled an account',
  'user.first_admin': 'Made the first administrator',
  'user.limit': 'Changed a limit of an account',
  'user.login': 'Logged in',
  'user.login_failed': 'Failed to log in',
  'user.password_change': 'Changed the password',
  'user.password_reset': 'Reset a password',
  'user.rename': 'Changed the display name',
  'user.role': 'Changed the role of an account',
  'user.signup': 'Signed up',
}

export const AUDIT_ACTIONS = Object.keys(ACTIONS)

/** In words; the action itself where there are none. */
export function actionText(action: string): string {
  return ACTIONS[action] ?? action
}

/** Who did it. Without an account it was the operator on the host, unless the detail names somebody else. */
export function actorText({ actor_email, detail }: Pick<AuditEvent, 'actor_email' | 'detail'>) {
  if (actor_email !== null) return actor_email
  return detail?.by === undefined ? 'the operator, on the host' : String(detail.by)
}

/** `limit: cpu, from: none, to: 4`; empty without a detail. */
export function detailText(detail: AuditEvent['detail']): string {
  return Object.entries(detail ?? {})
    .filter(([name]) => name !== 'by')
    .map(([name, value]) => `${name}: ${valueText(value)}`)
    .join(', ')
}

function valueText(value: unknown): string {
  if (value === null) return 'none'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** The page that shows what it was done to; null where there is none. */
export function subjectPage({ action, subject }: Pick<AuditEvent, 'action' | 'subject'>) {
  const [kind] = action.split('.')
  const id = encodeURIComponent(subject)
  if (kind === 'user') return `/admin/users?q=${id}`
  if (kind === 'submission') return `/admin/submissions?q=${id}`
  if (kind === 'session') return `/sessions/${id}`
  if (kind === 'gpu') return '/admin/gpus'
  if (kind === 'invitation') return '/admin/invitations'
  return null
}
