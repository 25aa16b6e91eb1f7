import { setTimeout as sleep } from 'node:timers/promises'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Logger } from '../lib/logger.ts'
import { findSettledSubmissions } from './repository.ts'

export interface ScoreWatch {
  /**
   * Resolves once the submission is scored or failed, once it is blocked by its holdout, when the time is over, or when the
   * process is asked to end: whatever is first. The caller reads the row to see which.
   */
  settled(submissionId: string, timeoutMs: number): Promise<void>
}

/** How long an answer waits for its score. */
export const SCORE_WAIT_SECONDS = 10
const POLL_MS = 25
const RETRY_MS = 1000

/** One query for everybody who waits, however many they are; none while nobody does. */
export function createScoreWatch(deps: {
  db: Kysely<DB>
  logger: Logger
  signal: AbortSignal
}): ScoreWatch {
  const { db, logger, signal } = deps
  const waiters = new Map<string, Set<() => void>>()
  let isPolling = false

  function wake(ids: Iterable<string>): void {
    for (const id of ids) for (const resolve of waiters.get(id) ?? []) resolve()
  }

  async function poll(): Promise<void> {
    if (isPolling) return
    isPolling = true
    while (waiters.size > 0 && !signal.aborted) {
      await sleep(POLL_MS, undefined, { signal }).catch(() => {})
      if (waiters.size === 0 || signal.aborted) break
      try {
        wake(await findSettledSubmissions(db, [...waiters.keys()]))
      } catch (error) {
        logger.warn({ err: error }, 'submission.watch_failed')
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
      }
    }
    isPolling = false
    if (signal.aborted) wake(waiters.keys())
  }

  return {
    async settled(submissionId, timeoutMs) {
      if (signal.aborted) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, timeoutMs)
      const mine = waiters.get(submissionId) ?? new Set()
      waiters.set(submissionId, mine.add(resolve))
      void poll()
      await promise
      clearTimeout(timer)
      mine.delete(resolve)
      if (mine.size === 0) waiters.delete(submissionId)
    },
  }
}
