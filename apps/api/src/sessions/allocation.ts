import { randomInt } from 'node:crypto'
import { SESSION_SLUG_ALPHABET, type SessionTier } from '@medforge/contracts'
import { ALLOCATED, deadlineOf, type LifecycleLimits, lockUser, newId } from '@medforge/core'
import { type DB, inTransaction, type SqlTime, toSqlTime } from '@medforge/db'
import type { Kysely, Transaction } from 'kysely'
import { DomainError } from '../http/domain-error.ts'
import type { Clock } from '../lib/clock.ts'
import { countActive, insertSession, lockFreeGpu } from './repository.ts'

export type LaunchRequest = { userId: string; tier: SessionTier; packId: string; requestId: string }

export type Allocated = { id: string; slug: string }

export type AllocationOptions = {
  clock: Clock
  limits: LifecycleLimits
  workspaceRoot: string
  /** Throws where nothing may be allocated now. Runs inside the transaction, after the person's limit and before a GPU is taken. */
  assertAble(tx: Transaction<DB>): Promise<void>
  newSlug?: () => string
  /** Inside the transaction, when everything is written. */
  beforeCommit?(): Promise<void>
}

/**
 * Reserve a GPU and a slot for a person and insert the `starting` row with its first events, in one transaction.
 *
 * The person's row is locked first, so two requests of one person are served one after the other; GPUs are taken with `SKIP LOCKED`;
 * the unique key on `(gpu_id, gpu_active)` has the last word, and whoever loses against it starts over (five tries).
 *
 * @throws DomainError `authentication_required` for an account that is disabled by now, `concurrent_limit_reached`, `no_gpu_available`, or what `assertAble` throws; nothing was allocated then
 */
export async function allocateSession(
  db: Kysely<DB>,
  request: LaunchRequest,
  options: AllocationOptions,
): Promise<Allocated> {
  const startedMs = performance.now()
  return inTransaction(
    db,
    async (tx) => {
      await assertMayHold(tx, request.userId)
      await options.assertAble(tx)
      const gpuId = await takeFreeGpu(tx)
      const allocated = await insertStarting(tx, request, { ...options, gpuId, startedMs })
      await options.beforeCommit?.()
      return allocated
    },
    { retryDuplicateKeys: ['sessions_gpu_active', 'sessions_slug'] },
  )
}

/** Eight characters of `a-z2-7`: 40 bits from a CSPRNG. Unique for ever by a key of the table. */
export function mintSlug(): string {
  return Array.from({ length: 8 }, () => SESSION_SLUG_ALPHABET[randomInt(32)]).join('')
}

async function assertMayHold(tx: Transaction<DB>, userId: string): Promise<void> {
  // Before any other read: a snapshot taken earlier would not show what the lock waited for.
  const user = await lockUser(tx, userId)
  // The account was disabled after this request was let in.
  if (user.disabled_at !== null) {
    throw new DomainError('authentication_required', { detail: 'Authentication required.' })
  }
  const limit = user.max_concurrent_sessions
  if ((await countActive(tx, userId)) < limit) return
  const advice =
    limit === 0
      ? 'Your account may hold no sessions. Ask the operator.'
      : 'Stop a session before you launch another.'
  throw new DomainError('concurrent_limit_reached', {
    detail: `Concurrent session limit of ${limit} reached. ${advice}`,
  })
}

async function takeFreeGpu(tx: Transaction<DB>): Promise<number> {
  const id = await lockFreeGpu(tx)
  if (id === undefined) throw new DomainError('no_gpu_available', { detail: 'No GPUs available.' })
  return id
}

async function insertStarting(
  tx: Transaction<DB>,
  request: LaunchRequest,
  options: AllocationOptions & { gpuId: number; startedMs: number },
): Promise<Allocated> {
  const now = options.clock.now()
  const at: SqlTime = toSqlTime(now)
  const id = newId()
  const slug = (options.newSlug ?? mintSlug)()
  const deadlineAt = deadlineOf('starting', now, options.limits) ?? now
  await insertSession(
    tx,
    {
      id,
      user_id: request.userId,
      tier: request.tier,
      pack_id: request.packId,
      status: 'starting',
      gpu_id: options.gpuId,
      slug,
      workspace_zfs: `${options.workspaceRoot}/${request.userId}/${id}`,
      created_at: at,
      status_reason: ALLOCATED.text,
      deadline_at: toSqlTime(deadlineAt),
      request_id: request.requestId,
    },
    [
      { kind: 'transition', to_status: 'starting', reason: ALLOCATED.text },
      {
        kind: 'step',
        step: 'allocated',
        duration_ms: Math.round(performance.now() - options.startedMs),
      },
    ],
  )
  return { id, slug }
}
