import { randomBytes } from 'node:crypto'
import type {
  AdminGpu,
  AdminOverview,
  AdminSession,
  AdminVersions,
  AuditEvent,
} from '@medforge/contracts'
import { writeWorkerHeartbeat } from '@medforge/core'
import { SCORER_VERSION } from '@medforge/scoring'
import { newHost, newSession, newUser } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'
import { readAudit, signIn } from './admin.ts'

describe('GET /admin/overview', () => {
  test('counts GPUs, sessions, workers and accounts', async ({ api, db }) => {
    await newHost(db)
    const admin = await signIn(api, db, { role: 'admin' })
    const { id: userId } = await newUser(db)
    await newUser(db, { disabled_at: '2026-03-01 00:00:00' })
    await newSession(db, { user_id: userId, gpu_id: 1 })
    await newSession(db, { user_id: userId, gpu_id: 2, status: 'stopping' })
    await newSession(db, { user_id: userId, gpu_id: 3, status: 'stopped' })
    const now = api.clock.now().getTime()
    await writeWorkerHeartbeat(db, 'alive', new Date(now - 1_000))
    await writeWorkerHeartbeat(db, 'silent', new Date(now - 40_000))
    expect((await admin.visitor.get('/admin/overview')).data<AdminOverview>()).toMatchObject({
      gpus: { mode: 'simulated', total: 7, free: 5 },
      sessions: { starting: 0, running: 1, stopping: 1 },
      queue: { queued: 0, scoring: 0, oldest_created_at: null, failed_last_day: 0 },
      workers: [
        { name: 'alive', is_alive: true },
        { name: 'silent', is_alive: false },
      ],
      users: { total: 3, admins: 1, disabled: 1 },
    })
  })
})

describe('GET /admin/sessions', () => {
  test("shows everybody's sessions, by status or person, newest first", async ({ api, db }) => {
    await newHost(db)
    const admin = await signIn(api, db, { role: 'admin' })
    const { id: one, email } = await newUser(db)
    const { id: two } = await newUser(db)
    const running = await newSession(db, { user_id: one, created_at: '2026-03-01 10:00:00' })
    const failed = await newSession(db, {
      user_id: one,
      status: 'error',
      created_at: '2026-03-01 11:00:00',
    })
    const starting = await newSession(db, {
      user_id: two,
      gpu_id: 2,
      status: 'starting',
      created_at: '2026-03-01 12:00:00',
    })
    const list = async (query: string) => {
      const answer = await admin.visitor.get(`/admin/sessions${query}`)
      return answer.data<AdminSession[]>()
    }
    const idsOf = async (query: string) => (await list(query)).map(({ id }) => id)
    expect(await idsOf('')).toEqual([starting.id, failed.id, running.id])
    expect(await idsOf('?status=active')).toEqual([starting.id, running.id])
    expect(await idsOf('?status=error')).toEqual([failed.id])
    expect(await idsOf(`?user_id=${one}`)).toEqual([failed.id, running.id])
    expect((await list('?status=running'))[0]?.user_email).toBe(email)
    const first = await admin.visitor.get('/admin/sessions?limit=2')
    expect(await idsOf(`?limit=2&cursor=${first.meta().next_cursor}`)).toEqual([running.id])
    expect((await admin.visitor.get('/admin/sessions?status=odd')).status).toBe(422)
  })
})

describe('the GPU map', () => {
  test('lists desired state, observed state and holder of every GPU', async ({ api, db }) => {
    await newHost(db)
    const admin = await signIn(api, db, { role: 'admin' })
    const { id, email } = await newUser(db)
    const session = await newSession(db, { user_id: id, gpu_id: 4 })
    const seen: [string, string | null][] = [
      ['2026-03-01 09:00:00', '192.0.2.1:1000'],
      ['2026-03-01 11:00:00', '192.0.2.1:1001'],
      // Put down for safety: nobody is known to have entered then.
      ['2026-03-01 12:00:00', null],
    ]
    for (const [seen_at, client] of seen) {
      const access = { session_id: session.id, token_hash: randomBytes(32), is_multiplexed: false }
      await db
        .insertInto('session_accesses')
        .values({ ...access, client, seen_at })
        .execute()
    }
    await newSession(db, { user_id: id, gpu_id: 5, status: 'stopped' })
    const gpus = (await admin.visitor.get('/admin/gpus')).data<AdminGpu[]>()
    expect(gpus.map((gpu) => gpu.id)).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(gpus[4]).toMatchObject({
      is_enabled: true,
      health: 'healthy',
      session: {
        id: session.id,
        status: 'running',
        user_email: email,
        last_entered_at: '2026-03-01T11:00:00.000000Z',
      },
    })
    expect(gpus[5]?.session).toBeNull()
  })

  test('switches a GPU off and on again, once each, with an audit row', async ({ api, db }) => {
    await newHost(db)
    const admin = await signIn(api, db, { role: 'admin' })
    const set = async (is_enabled: boolean) => {
      const ask = { method: 'PATCH' as const, body: { is_enabled } }
      return (await admin.visitor.ask('/admin/gpus/6', ask)).data<AdminGpu>()
    }
    expect((await set(false)).is_enabled).toBe(false)
    expect((await set(false)).is_enabled).toBe(false)
    expect((await set(true)).is_enabled).toBe(true)
    expect((await readAudit(db)).map(({ action, subject }) => [action, subject])).toEqual([
      ['gpu.disable', '6'],
      ['gpu.enable', '6'],
    ])
    const ask = { method: 'PATCH' as const, body: { is_enabled: true } }
    expect((await admin.visitor.ask('/admin/gpus/99', ask)).problem().code).toBe('not_found')
  })
})

describe('disabling a GPU with a reason', () => {
  test('shows the reason on the map and in the audit log until it is enabled', async ({
    api,
    db,
  }) => {
    await newHost(db)
    const admin = await signIn(api, db, { role: 'admin' })
    const change = async (body: object) => {
      const answer = await admin.visitor.ask('/admin/gpus/6', { method: 'PATCH', body })
      return answer.data<AdminGpu>().disabled_reason
    }
    expect(await change({ is_enabled: false, reason: ' fan is loud ' })).toBe('fan is loud')
    expect((await readAudit(db)).at(-1)?.detail).toBe('{"reason":"fan is loud"}')
    expect(await change({ is_enabled: true })).toBeNull()
  })
})

describe('GET /admin/versions', () => {
  test('names what runs and what each competition is scored with', async ({ api, db }) => {
    await newHost(db)
    const admin = await signIn(api, db, { role: 'admin' })
    expect((await admin.visitor.get('/admin/versions')).data<AdminVersions>()).toMatchObject({
      api: 'v1.0',
      node: process.version,
      database: expect.stringMatching(/^\d+\.\d+/),
      migration: expect.stringMatching(/^\d{8}-\d{2}-/),
      scorer: SCORER_VERSION,
    })
  })
})

describe('GET /admin/audit', () => {
  test('pages through what was done, newest first, by action, person and subject', async ({
    api,
    db,
  }) => {
    await newHost(db)
    const admin = await signIn(api, db, { role: 'admin' })
    for (const gpu of [0, 1, 2]) {
      const body = { is_enabled: false }
      await admin.visitor.ask(`/admin/gpus/${gpu}`, { method: 'PATCH', body })
    }
    await db
      .insertInto('audit_events')
      .values({
        actor_user_id: null,
        action: 'user.password_reset',
        subject: admin.userId,
        detail: null,
        request_id: null,
        at: '2026-03-01 00:00:00',
      })
      .execute()
    const list = async (query: string) => {
      const answer = await admin.visitor.get(`/admin/audit${query}`)
      return { events: answer.data<AuditEvent[]>(), next: answer.meta().next_cursor }
    }
    const first = await list('?limit=2')
    expect(first.events.map(({ action }) => action)).toEqual(['user.password_reset', 'gpu.disable'])
    expect(first.events.map(({ actor_email }) => actor_email)).toEqual([null, admin.email])
    const second = await list(`?limit=2&cursor=${first.next}`)
    expect(second.events.map(({ subject }) => subject)).toEqual(['1', '0'])
    expect((await list('?action=gpu.disable&subject=1')).events).toHaveLength(1)
    const own = await list(`?actor_user_id=${admin.userId}`)
    expect(own.events.map(({ action }) => action)).toEqual([
      ...['gpu.disable', 'gpu.disable', 'gpu.disable'],
      'user.login',
    ])
  })
})
