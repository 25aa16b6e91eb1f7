import { randomInt } from 'node:crypto'
import { SESSION_SLUG_ALPHABET, type SessionTier } from '@medforge/contracts'
import {
  ALLOCATED,
  deadlineOf,
  type LifecycleLimits,
  newId,
  type ReconcilerState,
} from '@medforge/core'
import { type DB, inTransaction, type SqlTime, toSqlTime } from '@medforge/db'
import type { Kysely, Transaction } from 'kysely'
import type { LaunchConfig } from '../config/config.ts'
import { DomainError } from '../http/domain-error.ts'
import type { Clock } from '../lib/clock.ts'
import { assertMayLaunch, grantWorkspace } from './launch-limits.ts'
import { insertSession, lockFreeGpu } from './repository.ts'

export type LaunchRequest = { userId: string; tier: SessionTier; packId: string; requestId: string }

export type Allocated = { id: string; slug: string }

export type AllocationOptions = {
  clock: Clock
  limits: LifecycleLimits
  workspaceRoot: string
  launches: LaunchConfig
  /** Throws where nothing may be allocated now. Runs inside the transaction, after the person's limits and before a GPU is taken. */
  assertAble(tx: Transaction<DB>): Promise<Pick<ReconcilerState, 'poolBytes'>>
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
 * @throws DomainError what `assertMayLaunch`, `assertAble` and `grantWorkspace` throw, in this order, then `no_gpu_available`; nothing was allocated then
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
      const user = await assertMayLaunch(tx, request.userId, options)
      const { poolBytes } = await options.assertAble(tx)
      const person = { userId: request.userId, overrideBytes: user.storage_limit_bytes }
      const workspaceQuotaBytes = await grantWorkspace(tx, person, options.launches, poolBytes)
      const gpuId = await takeFreeGpu(tx)
      const grant = { gpuId, workspaceQuotaBytes, startedMs }
      const allocated = await insertStarting(tx, request, { ...options, ...grant })
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

async function takeFreeGpu(tx: Transaction<DB>): Promise<number> {
  const id = await lockFreeGpu(tx)
  if (id === undefined) throw new DomainError('no_gpu_available', { detail: 'No GPUs available.' })
  return id
}

async function insertStarting(
  tx: Transaction<DB>,
  request: LaunchRequest,
  options: AllocationOptions & { gpuId: number; workspaceQuotaBytes: number; startedMs: number },
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
      workspace_quota_bytes: options.workspaceQuotaBytes,
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
