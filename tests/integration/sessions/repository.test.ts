import { changedFacts } from '@medforge/api/reconciler/gpus/inventory.ts'
import { listGpuRows, recordGpus } from '@medforge/api/reconciler/gpus/repository.ts'
import { allocateSession } from '@medforge/api/sessions/allocation.ts'
import { listEvents } from '@medforge/api/sessions/repository.ts'
import { DEFAULT_PACK_ID } from '@medforge/contracts'
import { type RowToken, recordTransition, updateFacts } from '@medforge/core'
import { type DB, inTransaction } from '@medforge/db'
import { createFakeClock, newHost, newSession, newUser } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'

const AT = new Date('2026-03-01T12:00:00Z')
const REASON = { code: 'test', text: 'A test moved it.' }
const STOPPING = {
  to: 'stopping',
  reason: REASON,
  at: AT,
  patch: { status_reason: REASON.text },
} as const

async function running(db: Kysely<DB>): Promise<RowToken> {
  await newHost(db)
  const { id: user_id } = await newUser(db)
  return newSession(db, { user_id })
}

const read = (db: Kysely<DB>, id: string) =>
  db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

describe(recordTransition, () => {
  test('moves the row and appends its event, once', async ({ db }) => {
    const token = await running(db)
    expect(await recordTransition(db, token, STOPPING)).toBe(token.version + 1)
    expect(await read(db, token.id)).toMatchObject({
      status: 'stopping',
      version: token.version + 1,
    })
    expect(await listEvents(db, token.id, 0)).toMatchObject([
      { kind: 'transition', from_status: 'running', to_status: 'stopping', reason: REASON.text },
    ])
  })

  test('changes nothing for a caller with an old version or an old status', async ({ db }) => {
    const token = await running(db)
    const before = await read(db, token.id)
    expect(
      await recordTransition(db, { ...token, version: token.version - 1 }, STOPPING),
    ).toBeNull()
    expect(await recordTransition(db, { ...token, status: 'starting' }, STOPPING)).toBeNull()
    expect(await read(db, token.id)).toEqual(before)
    expect(await listEvents(db, token.id, 0)).toEqual([])
  })

  test('lets one of ten who move at once win', async ({ db }) => {
    const token = await running(db)
    const moves = Array.from({ length: 10 }, () => recordTransition(db, token, STOPPING))
    const won = (await Promise.all(moves)).filter((version) => version !== null)
    expect(won).toHaveLength(1)
    expect(await listEvents(db, token.id, 0)).toHaveLength(1)
  })

  test('refuses an edge that does not exist', async ({ db }) => {
    const token = await running(db)
    const move = recordTransition(db, token, { ...STOPPING, to: 'stopped' })
    await expect(move).rejects.toThrow('Illegal transition')
  })
})

describe(updateFacts, () => {
  test('changes nothing for a caller with an old version', async ({ db }) => {
    const token = await running(db)
    expect(await updateFacts(db, token, { status_reason: 'new' })).toBe(token.version + 1)
    expect(await updateFacts(db, token, { status_reason: 'stale' })).toBeNull()
    expect(await read(db, token.id)).toMatchObject({ status_reason: 'new' })
  })
})

describe(allocateSession, () => {
  test('mints another slug when one was ever used before', async ({ db }) => {
    const { id: userId } = await newUser(db, { max_concurrent_sessions: 3 })
    await newHost(db)
    await newSession(db, { user_id: userId, status: 'stopped', slug: 'aaaaaaaa' })
    const slugs = ['aaaaaaaa', 'aaaaaaaa', 'bbbbbbbb']
    const allocated = await allocateSession(
      db,
      { userId, tier: 'public', packId: DEFAULT_PACK_ID, requestId: 'r' },
      {
        clock: createFakeClock(),
        limits: { startTimeoutMs: 1000, stopTimeoutMs: 1000 },
        workspaceRoot: 'tank/medforge/workspaces',
        launches: { perHour: 60, personQuotaGb: null, workspaceQuotaGb: null },
        assertAble: async () => ({}),
        newSlug: () => slugs.shift() ?? 'cccccccc',
      },
    )
    expect(allocated.slug).toBe('bbbbbbbb')
    expect(slugs).toEqual([])
  })
})

describe(recordGpus, () => {
  test('writes what changed, lets two devices change places, and leaves what the operator set alone', async ({
    db,
  }) => {
    await newHost(db)
    await db.updateTable('gpu_devices').set({ enabled: false }).where('id', '=', 1).execute()
    const facts = (first: string, second: string) =>
      [first, second].map((uuid, id) => ({
        ...{ id, uuid, present: true, model: 'NVIDIA H100', health_reason: null },
        ...{ health: 'healthy' as const, quarantine: null, quarantined_at: null },
      }))
    const record = async (first: string, second: string) => {
      const changed = changedFacts(await listGpuRows(db), facts(first, second))
      await inTransaction(db, (tx) => recordGpus(tx, changed, AT))
      return changed.length
    }
    expect(await record('GPU-a', 'GPU-b')).toBe(2)
    expect(await record('GPU-a', 'GPU-b')).toBe(0)
    expect(await record('GPU-b', 'GPU-a')).toBe(2)
    const [zero, one] = await listGpuRows(db)
    expect([zero, one]).toMatchObject([
      { uuid: 'GPU-b', enabled: true },
      { uuid: 'GPU-a', enabled: false },
    ])
  })
})
