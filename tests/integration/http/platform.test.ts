import { writeHeartbeat } from '@medforge/core'
import { toSqlTime } from '@medforge/db'
import { newHost, newSession, newUser } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'

describe('GET /status', () => {
  test('counts GPUs that can be handed out, those that are free, and active sessions', async ({
    api,
    db,
  }) => {
    await newHost(db)
    const { id: user_id } = await newUser(db)
    await newSession(db, { user_id, gpu_id: 0 })
    await newSession(db, { user_id, gpu_id: 1, status: 'stopping' })
    await newSession(db, { user_id, gpu_id: 2, status: 'stopped' })
    await db.updateTable('gpu_devices').set({ enabled: false }).where('id', '=', 5).execute()
    await db.updateTable('gpu_devices').set({ health: 'failing' }).where('id', '=', 6).execute()
    const answer = await api.visitor().get('/status')
    expect(answer.data()).toMatchObject({
      gpus: { total: 5, free: 3, mode: 'simulated' },
      active_sessions: 2,
    })
  })

  test('answers before there is anything', async ({ api }) => {
    expect((await api.visitor().get('/status')).data()).toMatchObject({
      gpus: { total: 0, free: 0 },
      active_sessions: 0,
    })
  })
})

describe('GET /me', () => {
  test('counts the active sessions of the person who asks, and nobody else’s', async ({
    api,
    db,
  }) => {
    await newHost(db)
    const ada = await newUser(db, { max_concurrent_sessions: 3 })
    const bob = await newUser(db)
    await newSession(db, { user_id: ada.id, gpu_id: 0 })
    await newSession(db, { user_id: ada.id, gpu_id: 1, status: 'error' })
    await newSession(db, { user_id: bob.id, gpu_id: 2 })
    const visitor = api.visitor()
    await visitor.logIn(ada.email)
    expect((await visitor.get('/me')).data()).toMatchObject({
      max_concurrent_sessions: 3,
      active_sessions: 1,
    })
  })
})

describe('GET /healthz', () => {
  test('is enveloped, 200 while the reconciler reports that it can act', async ({ api, db }) => {
    const at = toSqlTime(api.clock.now())
    const value = JSON.stringify({ able: true, reasons: [], boot_id: 'b' })
    await db
      .insertInto('platform_state')
      .values({ name: 'reconciler', value, updated_at: at })
      .execute()
    const answer = await api.visitor().get('!/healthz')
    expect(answer.status).toBe(200)
    expect(answer.data()).toEqual({ status: 'ok' })
    expect(answer.meta()).toMatchObject({ limit: null })
  })

  test('is 503 with its reason while nobody reports', async ({ api }) => {
    const answer = await api.visitor().get('!/healthz')
    expect(answer.status).toBe(503)
    const { data } = JSON.parse(answer.text)
    expect(data).toMatchObject({ status: 'degraded', reasons: [expect.any(String)] })
  })

  test('tells the reasons apart that only the operator can end', async ({ api, db }) => {
    const reasons = ['No firewall.', 'Full.']
    const report = { able: false, reasons, operator_reasons: ['Full.'], boot_id: 'b' }
    await writeHeartbeat(db, api.clock, report)
    const answer = await api.visitor().get('!/healthz')
    expect(answer.status).toBe(503)
    const { data } = JSON.parse(answer.text)
    expect(data).toEqual({ status: 'degraded', reasons, operator_reasons: ['Full.'] })
  })

  test('is 503 and answers while the database is away', async ({ open }) => {
    const api = await open({ env: { DATABASE_URL: 'mysql://x:x@127.0.0.1:1/x' } })
    const answer = await api.visitor().get('!/healthz')
    expect(answer.status).toBe(503)
    expect(JSON.parse(answer.text).data).toEqual({
      status: 'degraded',
      reasons: ['The database cannot be reached.'],
    })
  })
})
