import { newSession } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { type SessionView, sessionOf, test } from './stage.ts'

const NOWHERE = '00000000-0000-4000-8000-000000000000'

describe('GET /sessions', () => {
  test('is the own history, newest first, page by page', async ({ stage, db }) => {
    const { user, visitor } = await stage.person()
    const other = await stage.person()
    await newSession(db, { user_id: other.user.id, status: 'stopped' })
    for (let index = 0; index < 5; index += 1) {
      const created_at = `2026-03-01 10:0${Math.floor(index / 2)}:00.000000`
      await newSession(db, { user_id: user.id, status: 'stopped', created_at })
    }
    const whole = (await visitor.get('/sessions')).data<SessionView[]>()
    expect(whole).toHaveLength(5)
    const seen: SessionView[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await visitor.get(`/sessions?limit=2${cursor && `&cursor=${cursor}`}`)
      expect(page.meta()).toMatchObject({ limit: 2 })
      seen.push(...page.data<SessionView[]>())
      cursor = page.meta().next_cursor
    }
    expect(seen).toEqual(whole)
  })

  test.for([
    ['limit=0', 'invalid_limit'],
    ['limit=501', 'invalid_limit'],
    ['limit=many', 'request_validation_failed'],
    ['cursor=abc', 'invalid_cursor'],
  ])('refuses %s', async ([query, code], { stage }) => {
    const { visitor } = await stage.person()
    expect((await visitor.get(`/sessions?${query}`)).problem().code).toBe(code)
  })

  test('refuses a cursor that something was added to, however much', async ({ stage, db }) => {
    const { user, visitor } = await stage.person()
    for (const slug of ['abcdefg2', 'abcdefg3']) {
      await newSession(db, { user_id: user.id, status: 'stopped', slug })
    }
    const { next_cursor } = (await visitor.get('/sessions?limit=1')).meta()
    for (const length of [1, 1_024, 20_000]) {
      const answer = await visitor.get(`/sessions?cursor=${next_cursor}${'A'.repeat(length)}`)
      expect([answer.status, answer.problem().code]).toEqual([400, 'invalid_cursor'])
    }
  })
})

describe('GET /sessions/current', () => {
  test('is null without one, and the newest active one else', async ({ stage, db }) => {
    const { user, visitor } = await stage.person()
    const current = async () => sessionOf(await visitor.get('/sessions/current'))
    expect(await current()).toBeNull()
    await newSession(db, { user_id: user.id, status: 'error', created_at: '2026-03-01 11:30:00.0' })
    const older = await newSession(db, { user_id: user.id, created_at: '2026-03-01 10:00:00.0' })
    expect((await current()).id).toBe(older.id)
    const newer = await newSession(db, { user_id: user.id, gpu_id: 1, status: 'stopping' })
    expect((await current()).id).toBe(newer.id)
  })
})

describe('GET /sessions/{id}', () => {
  test('is for its owner and for admins', async ({ stage }) => {
    const { visitor } = await stage.person()
    const { id } = sessionOf(await visitor.post('/sessions', {}))
    const stranger = await stage.person()
    const admin = await stage.person({ role: 'admin' })
    expect((await visitor.get(`/sessions/${id}`)).data()).toMatchObject({ id, status: 'running' })
    expect((await admin.visitor.get(`/sessions/${id}`)).status).toBe(200)
    expect((await stranger.visitor.get(`/sessions/${id}`)).status).toBe(403)
    expect((await stranger.visitor.get(`/sessions/${NOWHERE}`)).status).toBe(404)
    expect((await stranger.visitor.get('/sessions/not-an-id')).status).toBe(422)
    expect((await stage.api.visitor().get(`/sessions/${id}`)).status).toBe(401)
  })
})
