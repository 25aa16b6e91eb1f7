import {
  type Reason,
  type RowPatch,
  type RowToken,
  recordStep,
  recordStepIn,
  recordTransition,
  type SessionTransition,
  type Step,
  updateFacts,
} from '@medforge/core'
import { type DB, inTransaction } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type { SessionWorkRow } from './repository.ts'

export type SessionRecordDeps = {
  db: Kysely<DB>
  clock: Clock
  /** Its lines carry the session's ids. */
  logger: Logger
  /** Announces that the session's row or events changed. */
  notifyChanged(sessionId: string): void
}

/** Writes the row and the events of one session while a plan is performed, and keeps the version that compare-and-set needs. */
export interface SessionRecord {
  /**
   * Append a step that ends now. Written in the background, in the order of the calls, so that it costs the launch nothing; `facts` are
   * written with it by compare-and-set. What is lost is logged: it costs a line in the progress display, or makes the next transition fail.
   */
  finishStep(step: Step, facts?: RowPatch): void
  /** Resolves once everything that was begun in the background has been written or logged as lost. */
  flush(): Promise<void>
  /** Change facts by compare-and-set; false: somebody else changed the session first. */
  update(facts: RowPatch): Promise<boolean>
  /** As `update`, with nothing to change: whoever holds an older version loses from here on. */
  confirm(): Promise<boolean>
  /**
   * Move the session to another status by compare-and-set, after everything in the background.
   *
   * @param finalStep  ends now and is recorded with the transition
   * @returns false when somebody else changed the session first
   */
  transition(
    to: SessionTransition['to'],
    reason: Reason,
    facts: RowPatch,
    finalStep?: Step,
  ): Promise<boolean>
}

export function openSessionRecord(deps: SessionRecordDeps, row: SessionWorkRow): SessionRecord {
  const { db, clock, logger } = deps
  const { id, status, version, request_id } = row
  const token: RowToken = { id, status, version, request_id }
  let background: Promise<void> = Promise.resolve()
  let stepStartedMs = performance.now()

  function endStep(step: Step) {
    const nowMs = performance.now()
    const durationMs = nowMs - stepStartedMs
    stepStartedMs = nowMs
    return { step, durationMs, at: clock.now() }
  }

  function writeInBackground(write: () => Promise<void>): void {
    background = background.then(write).then(
      () => deps.notifyChanged(id),
      (error) => logger.warn({ err: error }, 'session.recovery.failure'),
    )
  }

  /** @param next  the version after a compare-and-set, null where it was lost */
  function isWon(next: number | null): boolean {
    if (next !== null) token.version = next
    return next !== null
  }

  return {
    finishStep(step, facts) {
      const finished = endStep(step)
      if (!facts) return writeInBackground(() => recordStep(db, token, finished))
      writeInBackground(async () => {
        const next = await inTransaction(db, async (tx) => {
          const updated = await updateFacts(tx, token, facts)
          if (updated !== null) await recordStepIn(tx, token, finished)
          return updated
        })
        isWon(next)
      })
    },
    flush: () => background,
    async update(facts) {
      const won = isWon(await updateFacts(db, token, facts))
      if (won) deps.notifyChanged(id)
      return won
    },
    async confirm() {
      return isWon(await updateFacts(db, token, {}))
    },
    async transition(to, reason, facts, finalStep) {
      const steps = finalStep ? [endStep(finalStep)] : []
      await background
      const at = clock.now()
      const transition: SessionTransition = { to, reason, at, patch: facts, steps }
      const won = isWon(await recordTransition(db, token, transition))
      deps.notifyChanged(id)
      return won
    },
  }
}
