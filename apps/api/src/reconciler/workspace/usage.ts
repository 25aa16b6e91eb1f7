import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { HostAwayError } from '../host-error.ts'
import type { SessionWorkspaces } from './port.ts'
import { listUsage, saveUsage } from './usage-repository.ts'

export type UsageDeps = {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  workspaces: SessionWorkspaces
  /** Milliseconds since any moment, whatever becomes of the clock. */
  monotonicMs: () => number
  signal: AbortSignal
}

/**
 * Keeps `storage_usage`, by which the server decides on launches: one person's at the end of a session, everybody's on a timer, for what
 * running sessions write and an operator removes.
 */
export interface UsageRecorder {
  /** The value stays until that of a measurement begun later. @throws HostAwayError */
  recordPerson(userId: string): Promise<void>
  /** Record everybody whose use has changed, unless that is under way or was done a moment ago. Neither waits nor rejects. */
  start(): void
  /** Resolves when nothing is being recorded. */
  idle(): Promise<void>
}

const INTERVAL_MS = 15_000
// About a minute of a pool that answers at once; a pool that is away is reported by its own check before.
const FAILURES_BEFORE_WARNING = 4

export function createUsageRecorder(deps: UsageDeps): UsageRecorder {
  const { db, clock, logger, workspaces, monotonicMs, signal } = deps
  let dueMs = Number.NEGATIVE_INFINITY
  let failures = 0
  let running: Promise<void> | undefined
  /** The measurement of each person that was asked for last. */
  const recording = new Map<string, Promise<void>>()

  /** After those asked for before: ordered by no clock, as one may be set. */
  async function recordPerson(userId: string): Promise<void> {
    const before = recording.get(userId)
    const mine = (async () => {
      await before?.catch(() => {})
      const usage = await workspaces.measurePerson(userId, signal)
      await saveUsage(db, userId, usage, clock.now())
    })()
    recording.set(userId, mine)
    try {
      await mine
    } finally {
      if (recording.get(userId) === mine) recording.delete(userId)
    }
  }

  async function recordEverybody(): Promise<void> {
    const known = await listUsage(db)
    const used = await workspaces.measurePeople(signal)
    for (const userId of new Set([...known.keys(), ...used.keys()])) {
      if (known.get(userId) !== (used.get(userId) ?? 0)) await recordPerson(userId)
    }
  }

  function noteFailure(error: unknown): void {
    if (signal.aborted) return
    failures += 1
    const facts = { err: error, failures }
    if (!(error instanceof HostAwayError)) logger.error(facts, 'workspace.usage.unknown')
    else if (failures === FAILURES_BEFORE_WARNING) logger.warn(facts, 'workspace.usage.unknown')
  }

  return {
    recordPerson,
    start() {
      if (monotonicMs() < dueMs) return
      running ??= recordEverybody()
        .then(() => {
          failures = 0
        }, noteFailure)
        .finally(() => {
          dueMs = monotonicMs() + INTERVAL_MS
          running = undefined
        })
    },
    async idle() {
      await running
    },
  }
}
