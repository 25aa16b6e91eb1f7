import type { AdminUser } from '@medforge/contracts'
import { newHost, newSession, newUser } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'
import { readAudit, signIn } from './admin.ts'

const SOMEBODY = '00000000-0000-4000-8000-000000000000'

describe('GET /admin/users', () => {
  test('pages through all accounts, newest first, with what each holds', async ({ api, db }) => {
    await newHost(db)
    const admin = await signIn(api, db, { role: 'admin', created_at: '2026-01-01 00:00:00' })
    for (const day of [2, 3, 4]) {
      await newUser(db, { email: `d${day}@people.test`, created_at: `2026-01-0${day} 00:00:00` })
    }
    const busy = await db
      .selectFrom('users')
      .select('id')
      .where('email', '=', 'd3@people.test')
      .executeTakeFirstOrThrow()
    await newSession(db, { user_id: busy.id })

    const first = await admin.visitor.get('/admin/users?limit=2')
    const cursor = first.meta().next_cursor
    const second = await admin.visitor.get(`/admin/users?limit=2&cursor=${cursor}`)
    const users = [...first.data<AdminUser[]>(), ...second.data<AdminUser[]>()]
    expect(users.map(({ email, active_sessions }) => [email, active_sessions])).toEqual([
      ['d4@people.test', 0],
      ['d3@people.test', 1],
      ['d2@people.test', 0],
      [admin.email, 0],
    ])
    expect(second.meta().has_more).toBe(false)
  })

  test('finds an id or a part of an address or name, taking wildcards literally', async ({
    api,
    db,
  }) => {
    const admin = await signIn(api, db, { role: 'admin', display_name: 'Root' })
    await newUser(db, { email: 'ada_l@people.test', display_name: 'Ada Lovelace' })
    const grace = await newUser(db, { email: 'grace@people.test', display_name: '100% Grace' })
    const find = async (q: string) => {
      const answer = await admin.visitor.get(`/admin/users?q=${encodeURIComponent(q)}`)
      return answer.data<AdminUser[]>().map(({ display_name }) => display_name)
    }
    expect(await find('LOVE')).toEqual(['Ada Lovelace'])
    expect(await find('grace@')).toEqual(['100% Grace'])
    expect(await find('%')).toEqual(['100% Grace'])
    expect(await find(grace.id)).toEqual(['100% Grace'])
    expect(await find('_l')).toEqual(['Ada Lovelace'])
    expect(await find('nobody')).toEqual([])
  })
})

describe('PATCH /admin/users/{user_id}', () => {
  test('changes role and limit, each with an audit row, and nothing twice', async ({ api, db }) => {
    const admin = await signIn(api, db, { role: 'admin' })
    const { id } = await newUser(db)
    const change = { role: 'admin', max_concurrent_sessions: 3 }
    for (let time = 0; time < 2; time += 1) {
      const answer = await admin.visitor.ask(`/admin/users/${id}`, {
        method: 'PATCH',
        body: change,
      })
      expect(answer.data<AdminUser>()).toMatchObject(change)
    }
    const by = { actor_user_id: admin.userId, subject: id }
    expect(await readAudit(db)).toEqual([
      { ...by, action: 'user.role', detail: '{"from":"user","to":"admin"}' },
      { ...by, action: 'user.limit', detail: '{"limit":"sessions","from":1,"to":3}' },
    ])
  })

  test('gives a person limits of their own, and takes them back with null', async ({ api, db }) => {
    const admin = await signIn(api, db, { role: 'admin' })
    const { id } = await newUser(db)
    const change = async (limits: object) => {
      const body = { limits }
      return admin.visitor.ask(`/admin/users/${id}`, { method: 'PATCH', body })
    }
    const given = { cpu: 4, memory_bytes: 2 ** 34, shm_bytes: null, storage_bytes: 2 ** 40 }
    expect((await change(given)).data<AdminUser>().limits).toEqual(given)
    expect((await change({ cpu: null })).data<AdminUser>().limits).toEqual({ ...given, cpu: null })
    expect((await readAudit(db)).map(({ detail }) => detail)).toEqual([
      '{"limit":"cpu","from":null,"to":4}',
      `{"limit":"memory","from":null,"to":${2 ** 34}}`,
      `{"limit":"storage","from":null,"to":${2 ** 40}}`,
      '{"limit":"cpu","from":4,"to":null}',
    ])
    for (const limits of [{}, { cpu: 0 }, { memory_bytes: 1024 }, { storage_bytes: '1g' }]) {
      expect((await change(limits)).status).toBe(422)
    }
  })

  test('disables an account: its logins end at once and stay ended after it is enabled', async ({
    api,
    db,
  }) => {
    const admin = await signIn(api, db, { role: 'admin' })
    const person = await signIn(api, db)
    expect((await person.visitor.get('/me')).status).toBe(200)
    const path = `/admin/users/${person.userId}`
    await admin.visitor.ask(path, { method: 'PATCH', body: { is_disabled: true } })
    expect((await person.visitor.get('/me')).status).toBe(401)
    expect((await person.visitor.logIn(person.email)).problem().code).toBe('account_disabled')

    const back = await admin.visitor.ask(path, { method: 'PATCH', body: { is_disabled: false } })
    expect(back.data<AdminUser>().disabled_at).toBeNull()
    expect((await person.visitor.get('/me')).status).toBe(401)
    expect((await person.visitor.logIn(person.email)).status).toBe(200)
    expect((await readAudit(db)).map(({ action }) => action)).toEqual([
      'user.disable',
      'user.enable',
    ])
  })

  test('lets a new role count for a login that is open', async ({ api, db }) => {
    const admin = await signIn(api, db, { role: 'admin' })
    const other = await signIn(api, db, { role: 'admin' })
    expect((await other.visitor.get('/admin/gpus')).status).toBe(200)
    const path = `/admin/users/${other.userId}`
    await admin.visitor.ask(path, { method: 'PATCH', body: { role: 'user' } })
    expect((await other.visitor.get('/admin/gpus')).status).toBe(403)
  })

  test('never takes the last administrator away, whoever asks at the same time', async ({
    api,
    db,
  }) => {
    const one = await signIn(api, db, { role: 'admin' })
    const two = await signIn(api, db, { role: 'admin' })
    const disable = (by: typeof one, whom: typeof one) =>
      by.visitor.ask(`/admin/users/${whom.userId}`, {
        method: 'PATCH',
        body: { is_disabled: true },
      })
    const answers = await Promise.all([disable(one, two), disable(two, one)])
    // The one that comes second meets a login that has ended, or the last administrator's protection.
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const left = await db
      .selectFrom('users')
      .select('id')
      .where('role', '=', 'admin')
      .where('disabled_at', 'is', null)
      .execute()
    expect(left).toHaveLength(1)
    const survivor = left[0]?.id === one.userId ? one : two
    const demotion = await survivor.visitor.ask(`/admin/users/${survivor.userId}`, {
      method: 'PATCH',
      body: { role: 'user' },
    })
    expect([demotion.status, demotion.problem().code]).toEqual([409, 'last_admin'])
  })

  test('names what is wrong with a change', async ({ api, db }) => {
    const admin = await signIn(api, db, { role: 'admin' })
    const codeOf = async (path: string, body: object) => {
      const answer = await admin.visitor.ask(path, { method: 'PATCH', body })
      return [answer.status, answer.problem().code]
    }
    const invalid = [422, 'request_validation_failed']
    const path = `/admin/users/${admin.userId}`
    expect(await codeOf(path, { max_concurrent_sessions: -1 })).toEqual(invalid)
    expect(await codeOf(path, { max_concurrent_sessions: 1.5 })).toEqual(invalid)
    expect(await codeOf(path, { role: 'root' })).toEqual(invalid)
    expect(await codeOf('/admin/users/nobody', { role: 'user' })).toEqual(invalid)
    expect(await codeOf(`/admin/users/${SOMEBODY}`, { role: 'user' })).toEqual([404, 'not_found'])
  })
})
