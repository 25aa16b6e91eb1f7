import { type AuditEntry, type DB, recordAudit } from '@medforge/db'
import type { Kysely } from 'kysely'
import { rateLimitKey } from '../http/rate-limit.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'

/** Never with what was typed: people type passwords where an address belongs. */
export type FailedAttempt = {
  what: 'login' | 'signup' | 'password_change'
  /** Null: there is no such account, or nobody looked for it. */
  userId: string | null
  /** Of the client, as the edge gives it. */
  address: string
  reason: 'unknown_account' | 'wrong_password' | 'account_disabled' | 'too_many_attempts'
  requestId: string
}

/** Notes who tried to prove an account and could not: a log line for each attempt, and audit rows whose number is bounded. */
export interface FailedAttempts extends AsyncDisposable {
  /** Returns at once; rows are written one after the other, so that a burst keeps no connection from anybody. */
  note(attempt: FailedAttempt): void
  /** Begins a new period: what was counted in the last one is written, and what could not be written is tried again. */
  flush(): Promise<void>
  /** Flushes; what is unwritten then goes to the log alone. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Call `flush` this often. */
export const PERIOD_MS = 3_600_000
/**
 * Attempts that are alike (account, client, reason) are two rows a period at most, the first at once and the rest as a number; of this many
 * kinds each for accounts whose guesses are slowed down, for other failures at accounts that exist, and for the rest, so that nobody hides
 * the one behind the other. What is more is one number.
 */
const KINDS_MAX = 50
// Of some hours without a database that takes rows.
const UNWRITTEN_MAX = 1_000

type Tally = { first: AuditEntry; more: number }

export function createFailedAttempts(deps: {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
}): FailedAttempts {
  const { db, clock, logger } = deps
  const tallies = {
    slowed: new Map<string, Tally>(),
    known: new Map<string, Tally>(),
    unknown: new Map<string, Tally>(),
  }
  let uncounted = 0
  const unwritten: AuditEntry[] = []
  let writing: Promise<void> | undefined

  function lose({ action, subject, detail, at }: AuditEntry): void {
    logger.error({ action, subject, ...detail, attempted_at: at.toISOString() }, 'audit.lost')
  }

  /** Until one is refused; the next attempt or period goes on with that one. */
  async function writeAll(): Promise<void> {
    try {
      for (let [entry] = unwritten; entry; [entry] = unwritten) {
        await recordAudit(db, entry)
        unwritten.shift()
      }
    } catch (error) {
      logger.warn({ err: error, unwritten: unwritten.length }, 'audit.failed')
    } finally {
      writing = undefined
    }
  }

  function write(entry: AuditEntry): void {
    if (unwritten.length < UNWRITTEN_MAX) unwritten.push(entry)
    else lose(entry)
    startWriting()
  }

  function startWriting(): void {
    // With nothing to wait for, it would end before what it returns is kept here.
    if (unwritten.length > 0) writing ??= writeAll()
  }

  async function flush(): Promise<void> {
    await writing
    const at = clock.now()
    for (const kinds of Object.values(tallies)) {
      for (const { first, more } of kinds.values()) {
        const { requestId: _request, detail, ...alike } = first
        if (more > 0) write({ ...alike, detail: { ...detail, times: more }, at })
      }
      kinds.clear()
    }
    if (uncounted > 0) {
      const detail = { by: 'client', times: uncounted, reason: 'many_kinds' }
      write({ actorUserId: null, action: 'user.login_failed', subject: 'many', detail, at })
      uncounted = 0
    }
    startWriting()
    await writing
  }

  return {
    note({ what, userId, address, reason, requestId }) {
      const facts = { user_id: userId, address, reason, request_id: requestId }
      logger.warn(facts, `identity.${what}_failed`)
      const kinds = tallies[groupOf(userId, reason)]
      const key = `${what} ${userId} ${rateLimitKey(address)} ${reason}`
      const tally = kinds.get(key)
      if (tally) {
        tally.more += 1
      } else if (kinds.size < KINDS_MAX) {
        const first: AuditEntry = {
          actorUserId: null,
          action: `user.${what}_failed`,
          subject: userId ?? 'unknown',
          detail: { by: 'client', address, reason },
          requestId,
          at: clock.now(),
        }
        kinds.set(key, { first, more: 0 })
        write(first)
      } else {
        uncounted += 1
      }
    },
    flush,
    async [Symbol.asyncDispose]() {
      await flush()
      for (const entry of unwritten.splice(0)) lose(entry)
    },
  }
}

function groupOf(
  userId: string | null,
  reason: FailedAttempt['reason'],
): 'slowed' | 'known' | 'unknown' {
  if (userId === null) return 'unknown'
  return reason === 'too_many_attempts' ? 'slowed' : 'known'
}
