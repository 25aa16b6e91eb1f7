import type { Health } from '@medforge/contracts'
import { isDatabaseAway } from '@medforge/db'
import type { Logger } from '../lib/logger.ts'

const DEADLINE_MS = 3000

/** What `read` says, or degraded when it cannot say anything in time: an unknown state is never reported as a good one. */
export async function readHealthInTime(
  read: () => Promise<Health>,
  logger: Logger,
  deadlineMs = DEADLINE_MS,
): Promise<Health> {
  const { promise: late, resolve } = Promise.withResolvers<Health>()
  const timer = setTimeout(
    () => resolve({ status: 'degraded', reasons: ['The database does not answer in time.'] }),
    deadlineMs,
  )
  try {
    return await Promise.race([read(), late])
  } catch (error) {
    logger.warn({ err: error }, 'health.unreadable')
    const reason = isDatabaseAway(error)
      ? 'The database cannot be reached.'
      : 'The state of the platform cannot be read.'
    return { status: 'degraded', reasons: [reason] }
  } finally {
    clearTimeout(timer)
  }
}
