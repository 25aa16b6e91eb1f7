import {
  findForWork,
  listEndedWorkspaces,
  recordRetry,
} from '@medforge/api/reconciler/repository.ts'
import { listUsage, saveUsage } from '@medforge/api/reconciler/workspace/usage-repository.ts'
import {
  countActive,
  findCurrent,
  findNthLaunch,
  findPack,
  findStorageUsage,
  listEvents,
  lockFreeGpu,
} from '@medforge/api/sessions/repository.ts'
import { DEFAULT_PACK_ID } from '@medforge/contracts'
import {
  listActive,
  lockById,
  lockUser,
  readReconcilerState,
  recordStep,
  recordTransition,
  updateFacts,
  writeHeartbeat,
} from '@medforge/core'
import { type DB, isDuplicateKey, isLostRace, recordAudit, toSqlTime } from '@medforge/db'
import { newHost, newSession, newUser } from '@medforge/test-support'
import type { Kysely, Transaction } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'

const AT = new Date('2026-03-01T12:00:00Z')
const REASON = { code: 'test', text: 'A test moved it.' }
const at = (minutes: number) => new Date(AT.getTime() + minutes * 60_000)

/** What the sessions' queries and transactions rely on; MariaDB and the database in memory both pass it. */
export function describeSessionDatabase(name: string, open: () => Promise<Kysely<DB>>): void {
  describe(`${name} keeps the contract of the sessions' database`, () => {
    let db: Kysely<DB>
    let userId: string
    beforeEach(async () => {
      db = await open()
      await newHost(db)
      await db.updateTable('gpu_devices').set({ enabled: false }).where('id', '>', 1).execute()
      userId = (await newUser(db)).id
    })

    const row = (id: string) =>
      db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

    /** A transaction that is open until `end` is called. */
    async function begin() {
      const begun = Promise.withResolvers<Transaction<DB>>()
      const ending = Promise.withResolvers<void>()
      const done = db.transaction().execute(async (tx) => {
        begun.resolve(tx)
        await ending.promise
      })
      done.catch(() => {})
      const tx = await begun.promise
      return {
        tx,
        commit() {
          ending.resolve()
          return done
        },
        rollBack() {
          ending.reject(new Error('Rolled back.'))
          return done.catch(() => {})
        },
      }
    }

    test('a row that was inserted has every column, with the defaults of the schema', async () => {
      const { id, slug, request_id } = await newSession(db, { user_id: userId, status: 'starting' })
      expect(await row(id)).toEqual({
        ...{ id, slug, request_id, user_id: userId, pack_id: DEFAULT_PACK_ID, tier: 'public' },
        ...{ status: 'starting', version: 1, attempts: 0, gpu_id: 0, gpu_active: 1 },
        ...{ workspace_zfs: `tank/medforge/workspaces/${userId}/${id}` },
        ...{ container_id: null, workspace_quota_bytes: null, started_at: null, failed_at: null },
        ...{ created_at: '2026-03-01 11:00:00.000000', stop_requested_at: null, stopped_at: null },
        ...{ error_message: null, status_reason: null, snapshot_name: null, deadline_at: null },
        ...{ last_snapshot_name: null, last_snapshot_at: null, next_attempt_at: null },
      })
    })

    test('a query joins, filters, orders, cuts and counts', async () => {
      const old = { user_id: userId, status: 'stopped', created_at: toSqlTime(at(1)) } as const
      const [first, second] = [await newSession(db, old), await newSession(db, old)]
      const times = { created_at: toSqlTime(at(2)), gpu_id: 1 }
      const active = await newSession(db, { user_id: userId, ...times })
      expect(await findForWork(db, active.id)).toEqual({
        ...(await row(active.id)),
        ...{ gpu_uuid: null, cpu_limit: null, memory_limit_bytes: null, shm_limit_bytes: null },
        image: expect.stringMatching(/^packs\/default@sha256:/),
      })
      expect(await findForWork(db, 'nobody')).toBeUndefined()
      expect((await findCurrent(db, userId))?.id).toBe(active.id)
      expect(await countActive(db, userId)).toBe(1)
      expect((await listActive(db)).map(({ id }) => id)).toEqual([active.id])
      const period = { after: toSqlTime(AT), upTo: toSqlTime(at(2)) }
      expect(await findNthLaunch(db, userId, 1, period)).toBe(toSqlTime(at(2)))
      expect(await findNthLaunch(db, userId, 3, period)).toBe(toSqlTime(at(1)))
      expect(await findNthLaunch(db, userId, 4, period)).toBeUndefined()
      const datasets = [first, second, active].map(({ workspace_zfs }) => workspace_zfs)
      expect(new Set(await listEndedWorkspaces(db, datasets))).toEqual(
        new Set(datasets.slice(0, 2)),
      )
      expect(await findPack(db, DEFAULT_PACK_ID)).toEqual({ tier: 'public', status: 'active' })
    })

    test('a compare-and-set changes a row of its version and status, and no other', async () => {
      const token = await newSession(db, { user_id: userId })
      expect(await updateFacts(db, token, { status_reason: 'one' })).toBe(2)
      expect(await updateFacts(db, token, { status_reason: 'two' })).toBeNull()
      const other = { ...token, version: 2, status: 'starting' } as const
      expect(await updateFacts(db, other, { status_reason: 'three' })).toBeNull()
      expect(await row(token.id)).toMatchObject({ version: 2, status_reason: 'one' })
      await recordRetry(db, token, { attempts: 1, nextAttemptAt: AT, statusReason: null })
      expect(await row(token.id)).toMatchObject({ version: 3, status_reason: 'one', attempts: 1 })
    })

    test('a transition leaves its events, numbered in their order', async () => {
      const token = await newSession(db, { user_id: userId })
      await recordStep(db, token, { step: 'container', durationMs: 1.4, at: AT })
      const steps = [{ step: 'snapshot', durationMs: 2 }] as const
      const move = { to: 'stopping', reason: REASON, at: AT, patch: {}, steps } as const
      expect(await recordTransition(db, token, move)).toBe(2)
      expect(await recordTransition(db, token, move)).toBeNull()
      const events = await listEvents(db, token.id, 0)
      const [one, two, three] = events.map(({ id }) => id) as [number, number, number]
      expect(one < two && two < three).toBe(true)
      const common = { session_id: token.id, request_id: token.request_id, at: toSqlTime(AT) }
      const step = { ...common, kind: 'step', from_status: null, to_status: null, reason: null }
      const moved = { from_status: 'running', to_status: 'stopping', reason: REASON.text }
      expect(events).toEqual([
        { id: one, ...step, step: 'container', duration_ms: 1 },
        { id: two, ...step, step: 'snapshot', duration_ms: 2 },
        { id: three, ...common, kind: 'transition', ...moved, step: null, duration_ms: null },
      ])
    })

    test('a GPU is in one active session, a slug in one session for ever, and an end is whole', async () => {
      const first = await newSession(db, { user_id: userId })
      const again = await newSession(db, { user_id: userId }).catch((error) => error)
      expect(isDuplicateKey(again, 'sessions_gpu_active')).toBe(true)
      const end = { status: 'stopped', stopped_at: toSqlTime(AT) } as const
      const set = (patch: object) =>
        db.updateTable('sessions').set(patch).where('id', '=', first.id).execute()
      await expect(set(end)).rejects.toThrow('CONSTRAINT')
      await set({ ...end, container_id: null })
      expect(await row(first.id)).toMatchObject({ gpu_active: null })
      await newSession(db, { user_id: userId })
      const twin = { user_id: userId, gpu_id: 1, slug: first.slug }
      const same = await newSession(db, twin).catch((error) => error)
      expect(isDuplicateKey(same, 'sessions_slug')).toBe(true)
    })

    test('a row that is there already is replaced where that is asked for', async () => {
      for (const able of [true, false]) {
        await writeHeartbeat(db, { now: () => AT }, { able, reasons: [], boot_id: 'b' })
        await saveUsage(db, userId, { usedBytes: able ? 1 : 2, snapshotsBytes: 0 }, AT)
      }
      expect(await readReconcilerState(db, { now: () => AT })).toMatchObject({ able: false })
      expect(await findStorageUsage(db, userId)).toEqual({ usedBytes: 2, snapshotsBytes: 0 })
      expect(await listUsage(db)).toEqual(new Map([[userId, 2]]))
      await recordAudit(db, { actorUserId: userId, action: 'session.stop', subject: 's', at: AT })
      expect(await db.selectFrom('audit_events').select('subject').execute()).toHaveLength(1)
    })

    test('nobody sees what is not committed, and what is rolled back has not happened', async () => {
      const token = await newSession(db, { user_id: userId })
      const { tx, rollBack } = await begin()
      await updateFacts(tx, token, { status_reason: 'mine' })
      expect((await lockById(tx, token.id))?.status_reason).toBe('mine')
      expect((await row(token.id)).status_reason).toBeNull()
      await rollBack()
      expect(await row(token.id)).toMatchObject({ version: 1, status_reason: null })
    })

    test('a lock is waited for, and what it waited for is seen', async () => {
      const token = await newSession(db, { user_id: userId })
      const [holder, waiter] = [await begin(), await begin()]
      await lockUser(holder.tx, userId)
      const waiting = lockUser(waiter.tx, userId).then(() => countActive(waiter.tx, userId))
      const move = { to: 'stopping', reason: REASON, at: AT, patch: {} } as const
      await newSession(holder.tx as unknown as Kysely<DB>, { user_id: userId, gpu_id: 1 })
      await recordTransition(db, token, move)
      await holder.commit()
      expect(await waiting).toBe(2)
      await waiter.commit()
    })

    test('a transaction reads one state, and may not change what is another by now', async () => {
      const token = await newSession(db, { user_id: userId })
      const { tx, rollBack } = await begin()
      expect(await countActive(tx, userId)).toBe(1)
      await updateFacts(db, token, { status_reason: 'theirs' })
      await newSession(db, { user_id: userId, gpu_id: 1 })
      expect(await countActive(tx, userId)).toBe(1)
      const late = await lockById(tx, token.id).catch((error) => error)
      expect(isLostRace(late)).toBe(true)
      await rollBack()
    })

    test('a free GPU is one whose lock nobody has, and else the one that comes free', async () => {
      const [first, second, third] = [await begin(), await begin(), await begin()]
      expect(await lockFreeGpu(first.tx)).toBe(0)
      expect(await lockFreeGpu(second.tx)).toBe(1)
      const waiting = lockFreeGpu(third.tx)
      await first.rollBack()
      expect(await waiting).toBe(0)
      await Promise.all([second.commit(), third.commit()])
    })

    test('a key that somebody is about to take is waited for', async () => {
      const [taker, other] = [await begin(), await begin()]
      const insert = (tx: Transaction<DB>) =>
        newSession(tx as unknown as Kysely<DB>, { user_id: userId }).catch((error) => error)
      await insert(taker.tx)
      const waiting = insert(other.tx)
      await taker.commit()
      expect(isDuplicateKey(await waiting, 'sessions_gpu_active')).toBe(true)
      await other.rollBack()
    })

    test('of two transactions that wait for each other one is given up', async () => {
      const rows = [0, 1].map((gpu_id) => newSession(db, { user_id: userId, gpu_id }))
      const [a, b] = (await Promise.all(rows)).map(({ id }) => id) as [string, string]
      const [one, two] = [await begin(), await begin()]
      await lockById(one.tx, a)
      await lockById(two.tx, b)
      const outcomes = await Promise.allSettled([
        lockById(one.tx, b).finally(one.rollBack),
        lockById(two.tx, a).finally(two.rollBack),
      ])
      const lost = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
      expect(lost.map(isLostRace)).toEqual([true])
    })
  })
}
