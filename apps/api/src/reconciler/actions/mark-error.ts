import type { SessionStatus } from '@medforge/contracts'
import type { Clock } from '../../lib/clock.ts'
import type { SessionWork } from './session-work.ts'
import { terminalFacts } from './terminal-facts.ts'

/**
 * @param message  why it failed, for the session's owner
 * @returns false when somebody else changed the session first
 */
export async function markError(
  { clock }: { clock: Clock },
  { row, record, logger }: SessionWork,
  message: string,
  snapshot: string | null,
): Promise<boolean> {
  const facts = {
    ...terminalFacts(clock.now(), snapshot),
    error_message: message,
    status_reason: message,
  }
  const won = await record.transition('error', { code: 'error', text: message }, facts)
  if (!won) return false
  const event = row.status === 'starting' ? 'session.start_failed' : 'session.stop'
  logger.warn({ reason: codeOf(row.status), detail: message, snapshot }, event)
  return true
}

function codeOf(status: SessionStatus): string {
  if (status === 'starting') return 'start_failed'
  return status === 'running' ? 'container_death' : 'snapshot_failed'
}
