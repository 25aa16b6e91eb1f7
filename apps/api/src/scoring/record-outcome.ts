import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type { Cooldown } from './cooldown.ts'
import type { ScoringOutcome } from './job.ts'
import { type Claim, releaseClaim, type ScoringQueue } from './queue.ts'

export type RecordDeps = {
  db: Kysely<DB>
  clock: Clock
  times: {
    /** How long submissions wait whose holdout cannot be used. */
    holdoutRetryMs: number
    /** After the first fault; the second waits twice as long. */
    faultRetryMs: number
  }
}

/** Where a claim comes from. */
export type Source = { queue: ScoringQueue; cooldown: Cooldown }

export const ATTEMPTS_MAX = 3

/** Publish a score, give a submission up, or put it back into its queue for another attempt. Safe to repeat. */
export async function recordOutcome(
  { db, clock, times }: RecordDeps,
  { queue, cooldown }: Source,
  claim: Claim,
  outcome: ScoringOutcome,
  log: Logger,
): Promise<void> {
  const later = (ms: number) => new Date(clock.now().getTime() + ms)
  switch (outcome.kind) {
    case 'scored': {
      const publication = await queue.publish(claim, outcome, log)
      if (publication === 'outdated') await releaseClaim(db, claim)
      return
    }
    case 'holdout_unavailable':
      cooldown.start(claim.groupId)
      await releaseClaim(db, claim, {
        notBefore: later(times.holdoutRetryMs),
        reason: outcome.reason,
        isBlocked: true,
      })
      log.warn({ reason: outcome.reason }, 'submission.holdout_unavailable')
      return
    case 'invalid':
      await giveUp(queue, claim, 'invalid', outcome.reason, log)
      return
    case 'fault':
      if (claim.attempt >= ATTEMPTS_MAX) {
        await giveUp(queue, claim, 'fault', outcome.reason, log)
        return
      }
      await releaseClaim(db, claim, {
        notBefore: later(times.faultRetryMs * claim.attempt),
        reason: outcome.reason,
        countsAsAttempt: true,
      })
      log.warn({ reason: outcome.reason }, 'submission.attempt_failed')
      return
    case 'interrupted':
      await releaseClaim(db, claim)
      log.info('submission.given_back')
      return
  }
}

export async function giveUp(
  queue: ScoringQueue,
  claim: Claim,
  why: 'invalid' | 'fault',
  reason: string,
  log: Logger,
): Promise<void> {
  await queue.fail(claim, why, reason)
  // A file that does not fit another holdout is the operator's choice.
  log[why === 'invalid' ? 'warn' : 'error']({ reason }, 'submission.failed')
}
