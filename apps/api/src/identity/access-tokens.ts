import { randomBytes } from 'node:crypto'
import type { AccessToken, AccessTokenRequest, NewAccessToken } from '@medforge/contracts'
import { newId } from '@medforge/core'
import {
  type CreatedKey,
  type DB,
  mapPage,
  type Page,
  type PageRequest,
  sqlTimeToMs,
  toSqlTime,
  toTimestamp,
} from '@medforge/db'
import type { Kysely } from 'kysely'
import { DomainError } from '../http/domain-error.ts'
import type { RateLimiter } from '../http/rate-limit.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import {
  type AccessTokenRow,
  findAccessToken,
  insertAccessToken,
  listAccessTokens,
  noteAccessTokenUse,
  revokeAccessToken,
} from './access-tokens-repository.ts'

/** Tokens with which people's programs take part in competitions; good for nothing else. */
export interface AccessTokens {
  /** @returns the token itself, which nothing can give again @throws DomainError `rate_limit_exceeded`, `token_limit_reached` */
  create(userId: string, request: AccessTokenRequest, requestId: string): Promise<NewAccessToken>
  list(userId: string, page: PageRequest<CreatedKey>): Promise<Page<AccessToken, CreatedKey>>
  /** @throws DomainError `not_found` when it is not a token of this person that goes on */
  revoke(userId: string, id: string, requestId: string): Promise<void>
  /** Whose token it is: one indexed read, right at once after a revocation, a disable or a new password. @returns undefined: nobody's */
  findOwner(token: string): Promise<string | undefined>
  /** Resolves when no use of a token is being written any more. */
  settled(): Promise<void>
}

export const ACCESS_TOKENS_MAX = 20
const DEFAULT_DAYS = 30
const DAY_MS = 24 * 60 * 60_000
/** As for logins, the time of the last use is right to a minute. */
const NOTE_EVERY_MS = 60_000
const TOKEN = /^mf_[A-Za-z0-9_-]{43}$/

export function createAccessTokens(deps: {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  hashToken: (token: string) => Buffer
  /** By account: each token is a row that is kept. */
  creations: RateLimiter
}): AccessTokens {
  const { db, clock, logger, hashToken } = deps
  const noting = new Map<string, Promise<void>>()

  /** Beside the answer and not before it. */
  function noteUse(id: string, at: Date): void {
    if (noting.has(id)) return
    const write = noteAccessTokenUse(db, id, at)
      .catch((error) => logger.warn({ err: error, token_id: id }, 'identity.token_use_not_noted'))
      .finally(() => noting.delete(id))
    noting.set(id, write)
  }

  return {
    async create(userId, { name, expires_in_days = DEFAULT_DAYS }, requestId) {
      const retryAfterSeconds = deps.creations.take(userId)
      if (retryAfterSeconds > 0) throw tooManyCreations(retryAfterSeconds)
      const token = `mf_${randomBytes(32).toString('base64url')}`
      const at = clock.now()
      const row = {
        id: newId(),
        user_id: userId,
        name,
        token_hash: hashToken(token),
        created_at: toSqlTime(at),
        expires_at: toSqlTime(new Date(at.getTime() + expires_in_days * DAY_MS)),
      }
      const isMade = await insertAccessToken(db, row, { requestId, at, max: ACCESS_TOKENS_MAX })
      if (!isMade) throw tooManyTokens()
      return { token, access_token: present({ ...row, last_used_at: null }) }
    },

    async list(userId, page) {
      return mapPage(await listAccessTokens(db, userId, clock.now(), page), present)
    },

    async revoke(userId, id, requestId) {
      if (await revokeAccessToken(db, userId, id, { requestId, at: clock.now() })) return
      throw new DomainError('not_found', {
        detail: 'You have no token with this id that goes on. It may have ended already.',
      })
    },

    async findOwner(token) {
      if (!TOKEN.test(token)) return undefined
      const at = clock.now()
      const found = await findAccessToken(db, hashToken(token), at)
      if (!found) return undefined
      const { id, last_used_at } = found
      const isNoted =
        last_used_at !== null && at.getTime() - sqlTimeToMs(last_used_at) < NOTE_EVERY_MS
      if (!isNoted) noteUse(id, at)
      return found.user_id
    },

    async settled() {
      await Promise.all(noting.values())
    },
  }
}

function present({ id, name, created_at, expires_at, last_used_at }: AccessTokenRow): AccessToken {
  return {
    id,
    name,
    created_at: toTimestamp(created_at),
    expires_at: toTimestamp(expires_at),
    last_used_at: last_used_at === null ? null : toTimestamp(last_used_at),
  }
}

function tooManyTokens(): DomainError {
  return new DomainError('token_limit_reached', {
    detail: `You have ${ACCESS_TOKENS_MAX} tokens, as many as one person may have. Revoke one that you no longer use.`,
  })
}

function tooManyCreations(retryAfterSeconds: number): DomainError {
  return new DomainError('rate_limit_exceeded', {
    detail: `You have made too many tokens. Try again in ${Math.ceil(retryAfterSeconds / 60)} min.`,
    headers: { 'retry-after': String(retryAfterSeconds) },
  })
}
