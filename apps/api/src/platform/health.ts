import type { Health } from '@medforge/contracts'
import { readReconcilerState } from '@medforge/core'
import { type DB, isDatabaseAway } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'

const DEADLINE_MS = 3000

export type HealthDeps = { db: Kysely<DB>; clock: Clock; logger: Logger; recoveryEnabled: boolean }

/** The one reader of health: for `/healthz`, `/status` and the administrators' overview. Never rejects. */
export function createHealthReader(deps: HealthDeps): () => Promise<Health> {
  return () => readInTime(() => readHealth(deps), deps.logger)
}

/** Degraded while recovery is enabled and cannot act, or something waits for the operator. */
export async function readHealth(deps: Omit<HealthDeps, 'logger'>): Promise<Health> {
  if (!deps.recoveryEnabled) return { status: 'ok' }
  const { reasons, able } = await readReconcilerState(deps.db, deps.clock)
  return able && reasons.length === 0 ? { status: 'ok' } : { status: 'degraded', reasons }
}

/** What `read` finds, or degraded when it finds nothing out in time: an unknown state is never reported as a good one. */
export async function readInTime(
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
