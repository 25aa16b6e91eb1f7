import { setTimeout as sleep } from 'node:timers/promises'
import type { Health } from '@medforge/contracts'
import { readReconcilerState } from '@medforge/core'
import { POOL_FILES_SILENT, type PoolFiles } from '@medforge/core/pool-files'
import { type DB, isDatabaseAway } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'

const DEADLINE_MS = 3000
const HEAD_START_MS = 1000

export type HealthDeps = {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  recoveryEnabled: boolean
  /** Whether the file systems of the pool answer; the database lies on one of them. */
  askPoolFiles: () => Promise<PoolFiles>
}

/** The one reader of health: for `/healthz`, `/status` and the administrators' overview. Never rejects. */
export function createHealthReader(deps: HealthDeps): () => Promise<Health> {
  return () => readInTime(() => readHealth(deps), deps)
}

/** Degraded while recovery is enabled and cannot act, or something waits for the operator. */
export async function readHealth(
  deps: Pick<HealthDeps, 'db' | 'clock' | 'recoveryEnabled'>,
): Promise<Health> {
  if (!deps.recoveryEnabled) return { status: 'ok' }
  const { reasons, able } = await readReconcilerState(deps.db, deps.clock)
  return able && reasons.length === 0 ? { status: 'ok' } : { status: 'degraded', reasons }
}

/**
 * What `read` finds, or degraded when it finds nothing out in time: an unknown state is never reported as a good one. Where the database has
 * not answered for a while the pool below it is asked, early enough to be named within the deadline itself.
 */
export async function readInTime(
  read: () => Promise<Health>,
  { logger, askPoolFiles }: Pick<HealthDeps, 'logger' | 'askPoolFiles'>,
  deadlineMs = DEADLINE_MS,
): Promise<Health> {
  const ending = new AbortController()
  const wait = (ms: number) => sleep(ms, undefined, { signal: ending.signal })

  async function giveUp(): Promise<Health> {
    const headStartMs = Math.min(HEAD_START_MS, deadlineMs / 2)
    await wait(headStartMs)
    const late = wait(deadlineMs - headStartMs)
    const files = await Promise.race([askPoolFiles(), late])
    await late
    return degraded('The database does not answer in time.', files === 'silent')
  }

  async function readOrExplain(): Promise<Health> {
    try {
      return await read()
    } catch (error) {
      logger.warn({ err: error }, 'health.unreadable')
      if (!isDatabaseAway(error)) return degraded('The state of the platform cannot be read.')
      return degraded('The database cannot be reached.', (await askPoolFiles()) === 'silent')
    }
  }

  try {
    return await Promise.race([readOrExplain(), giveUp()])
  } finally {
    ending.abort()
  }
}

/** The cause first: whoever reads one reason reads that one. */
function degraded(reason: string, isPoolSilent = false): Health {
  return { status: 'degraded', reasons: isPoolSilent ? [POOL_FILES_SILENT, reason] : [reason] }
}
