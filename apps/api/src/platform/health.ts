import { setTimeout as sleep } from 'node:timers/promises'
import type { Health } from '@medforge/contracts'
import { readReconcilerState } from '@medforge/core'
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
  /** What is behind a host or a database that does not answer, as a sentence, where it is known. Never rejects. */
  findOutageCause: () => Promise<string | undefined>
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
  const { reasons, operatorReasons, able } = await readReconcilerState(deps.db, deps.clock)
  if (able && reasons.length === 0) return { status: 'ok' }
  const operators = operatorReasons === undefined ? {} : { operator_reasons: operatorReasons }
  return { status: 'degraded', reasons, ...operators }
}

/**
 * What `read` finds, or degraded when it finds nothing out in time: an unknown state is never reported as a good one. Where something is not
 * well, what may be behind all of it is asked for as well, early enough to be named within the deadline itself.
 */
export async function readInTime(
  read: () => Promise<Health>,
  { logger, findOutageCause }: Pick<HealthDeps, 'logger' | 'findOutageCause'>,
  deadlineMs = DEADLINE_MS,
): Promise<Health> {
  const ending = new AbortController()
  const wait = (ms: number) => sleep(ms, undefined, { signal: ending.signal })
  let known = degraded('The database does not answer in time.')

  async function readAndExplain(): Promise<Health> {
    known = await read().catch((error) => {
      logger.warn({ err: error }, 'health.unreadable')
      return degraded(
        isDatabaseAway(error)
          ? 'The database cannot be reached.'
          : 'The state of the platform cannot be read.',
      )
    })
    return known.status === 'ok' ? known : withCause(known, await findOutageCause())
  }

  async function giveUp(): Promise<Health> {
    const headStartMs = Math.min(HEAD_START_MS, deadlineMs / 2)
    await wait(headStartMs)
    const late = wait(deadlineMs - headStartMs)
    const cause = await Promise.race([findOutageCause(), late])
    await late
    return withCause(known, cause)
  }

  try {
    return await Promise.race([readAndExplain(), giveUp()])
  } finally {
    ending.abort()
  }
}

function degraded(reason: string): Health {
  return { status: 'degraded', reasons: [reason] }
}

/** The cause first: whoever reads one reason reads that one. */
function withCause(health: Health, cause: string | undefined): Health {
  const { reasons = [] } = health
  if (cause === undefined || health.status === 'ok' || reasons.includes(cause)) return health
  return { ...health, reasons: [cause, ...reasons] }
}
