import { inviteFromHost } from '@medforge/cli/stack/invitations.ts'
import type { Invitation, NewInvitation, PlatformStatus } from '@medforge/contracts'
import type { Visitor } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { readAudit, signIn } from '../admin/admin.ts'
import { SESSION_SECRET, type TestApp, test } from '../app.ts'

const INVITE = { env: { SIGNUP_MODE: 'invite' } }
const PASSWORD = 'eight or more'

const invite = async (admin: Visitor, body: object = {}) =>
  (await admin.post('/admin/invitations', body)).data<NewInvitation>()
const signUp = (api: TestApp, email: string, invitation_code?: string) =>
  api.visitor().post('/auth/signup', {
    email,
    password: PASSWORD,
    ...(invitation_code === undefined ? {} : { invitation_code }),
  })
const usesOf = async (admin: Visitor) =>
  (await admin.get('/admin/invitations')).data<Invitation[]>().map(({ uses }) => uses)

describe('sign-up by invitation', () => {
  test('takes one use of the code, in any spelling, and notes who used it', async ({
    open,
    db,
  }) => {
    const api = await open(INVITE)
    const admin = await signIn(api, db, { role: 'admin' })
    const { code, invitation } = await invite(admin.visitor, { max_uses: 2 })
    const spelled = ` ${code.toLowerCase().replaceAll('-', ' ')} `
    const answer = await signUp(api, 'ada@example.org', spelled)
    expect(answer.status).toBe(201)
    expect(await usesOf(admin.visitor)).toEqual([1])
    const { user_id } = answer.data<{ user_id: string }>()
    expect(await readAudit(db)).toMatchObject([
      { actor_user_id: admin.userId, action: 'invitation.create', subject: invitation.id },
      { actor_user_id: user_id, action: 'user.signup', subject: user_id },
      { actor_user_id: user_id, action: 'invitation.use', subject: invitation.id },
    ])
  })

  test('lets exactly as many of many parallel sign-ups in as the code has uses', async ({
    open,
    db,
  }) => {
    const api = await open(INVITE)
    const admin = await signIn(api, db, { role: 'admin' })
    const { code } = await invite(admin.visitor, { max_uses: 5 })
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => signUp(api, `p${index}@example.org`, code)),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(5)
    expect(statuses.filter((status) => status === 403)).toHaveLength(45)
    expect(await usesOf(admin.visitor)).toEqual([5])
    expect(await db.selectFrom('users').selectAll().execute()).toHaveLength(6)
  })

  test('answers the same to a missing, wrong, used, expired and revoked code', async ({
    open,
    db,
  }) => {
    const api = await open(INVITE)
    const admin = await signIn(api, db, { role: 'admin' })
    const used = (await invite(admin.visitor)).code
    expect((await signUp(api, 'first@example.org', used)).status).toBe(201)
    const expires_at = new Date(api.clock.now().getTime() + 1000).toISOString()
    const expired = (await invite(admin.visitor, { expires_at })).code
    const revoked = await invite(admin.visitor)
    await admin.visitor.ask(`/admin/invitations/${revoked.invitation.id}`, { method: 'DELETE' })
    api.clock.advance(1000)

    const texts = new Set<string>()
    for (const code of [undefined, '', 'AAAA-BBBB-CCCC-DDDD', used, expired, revoked.code]) {
      const answer = await signUp(api, 'second@example.org', code)
      expect([answer.status, answer.problem().code]).toEqual([403, 'signup_closed'])
      expect(answer.setCookies).toEqual([])
      texts.add(answer.problem().detail)
    }
    expect(texts.size).toBe(1)
    expect([...texts][0]).toContain('invitation')
  })

  test('takes no use when it fails, and shows who has an account only to invited people', async ({
    open,
    db,
  }) => {
    const api = await open(INVITE)
    const admin = await signIn(api, db, { role: 'admin' })
    const { code } = await invite(admin.visitor)
    expect((await signUp(api, admin.email)).problem().code).toBe('signup_closed')
    expect((await signUp(api, admin.email, code)).problem().code).toBe('email_taken')
    expect((await signUp(api, 'no address', code)).status).toBe(422)
    expect(await usesOf(admin.visitor)).toEqual([0])
    const racers = await Promise.all(
      Array.from({ length: 8 }, () => signUp(api, 'same@example.org', code)),
    )
    expect(racers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(await usesOf(admin.visitor)).toEqual([1])
  })

  test('keeps no code, neither in the database nor in the log', async ({ open, db }) => {
    const api = await open(INVITE)
    const admin = await signIn(api, db, { role: 'admin' })
    const { code } = await invite(admin.visitor, { note: 'Class of 2026' })
    expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/)
    const rows = await db.selectFrom('invitations').selectAll().execute()
    expect(rows[0]?.code_hash).toHaveLength(32)
    const listed = (await admin.visitor.get('/admin/invitations')).text
    for (const text of [JSON.stringify(rows), listed, JSON.stringify(api.logs)]) {
      expect(text).not.toContain(code)
      expect(text).not.toContain(code.replaceAll('-', ''))
    }
  })
})

test('./medforge users invite makes a code that the server takes', async ({
  open,
  db,
  database,
}) => {
  const api = await open(INVITE)
  const admin = await signIn(api, db, { role: 'admin' })
  const secrets = { databaseUrl: database.url, sessionSecret: SESSION_SECRET }
  const { code } = await inviteFromHost(secrets, { max_uses: 2, note: 'from the host' })
  expect((await signUp(api, 'ada@example.org', code)).status).toBe(201)
  const list = (await admin.visitor.get('/admin/invitations')).data<Invitation[]>()
  expect(list).toMatchObject([{ uses: 1, max_uses: 2, created_by: null, note: 'from the host' }])
})

describe('the mode of sign-up', () => {
  test.for(['open', 'invite', 'closed'])('is in GET /status: %s', async (mode, { open }) => {
    const api = await open({ env: { SIGNUP_MODE: mode } })
    expect((await api.visitor().get('/status')).data<PlatformStatus>().signup_mode).toBe(mode)
  })

  test('open takes no use of a code that comes along, closed believes none', async ({
    open,
    db,
  }) => {
    const [opened, closed] = [await open(), await open({ env: { SIGNUP_MODE: 'closed' } })]
    const admin = await signIn(opened, db, { role: 'admin' })
    const { code } = await invite(admin.visitor)
    expect((await signUp(opened, 'ada@example.org', code)).status).toBe(201)
    expect((await signUp(closed, 'bob@example.org', code)).problem().code).toBe('signup_closed')
    expect(await usesOf(admin.visitor)).toEqual([0])
  })
})

describe('/admin/invitations', () => {
  test('has one use, no end and no note by default', async ({ api, db }) => {
    const admin = await signIn(api, db, { role: 'admin' })
    const { invitation } = await invite(admin.visitor)
    expect(invitation).toMatchObject({
      max_uses: 1,
      uses: 0,
      is_usable: true,
      note: null,
      expires_at: null,
      revoked_at: null,
      created_by: admin.email,
    })
  })

  test.for([
    { max_uses: 0 },
    { max_uses: 10_001 },
    { max_uses: 1.5 },
    { max_uses: '3' },
    { expires_at: 'tomorrow' },
    { expires_at: '2020-01-01T00:00:00Z' },
    { expires_at: '2999-99-99T00:00:00Z' },
    { note: 'x'.repeat(201) },
  ])('refuses %j', async (body, { api, db }) => {
    const admin = await signIn(api, db, { role: 'admin' })
    const answer = await admin.visitor.post('/admin/invitations', body)
    expect(answer.status).toBe(422)
    expect(answer.problem().errors?.[0]?.loc).toEqual(['body', Object.keys(body)[0]])
  })

  test('lists newest first, page by page, with those that are of use marked', async ({
    api,
    db,
  }) => {
    const admin = await signIn(api, db, { role: 'admin' })
    for (const note of ['one', 'two', 'three']) {
      api.clock.advance(1000)
      await invite(admin.visitor, { note })
    }
    const first = await admin.visitor.get('/admin/invitations?limit=2')
    const cursor = first.meta().next_cursor
    const second = await admin.visitor.get(`/admin/invitations?limit=2&cursor=${cursor}`)
    const all = [...first.data<Invitation[]>(), ...second.data<Invitation[]>()]
    expect(all.map(({ note }) => note)).toEqual(['three', 'two', 'one'])
    const path = `/admin/invitations/${all[0]?.id}`
    for (const _ of [1, 2]) {
      expect((await admin.visitor.ask(path, { method: 'DELETE' })).status).toBe(200)
    }
    const list = (await admin.visitor.get('/admin/invitations')).data<Invitation[]>()
    expect(list.map(({ is_usable }) => is_usable)).toEqual([false, true, true])
    const revocations = (await readAudit(db)).filter(({ action }) => action === 'invitation.revoke')
    expect(revocations).toHaveLength(1)
  })

  test('is for administrators, from our own pages', async ({ api, db }) => {
    const person = await signIn(api, db)
    const admin = await signIn(api, db, { role: 'admin' })
    const id = '00000000-0000-4000-8000-000000000000'
    for (const [method, path] of [
      ['GET', '/admin/invitations'],
      ['POST', '/admin/invitations'],
      ['DELETE', `/admin/invitations/${id}`],
    ] as const) {
      const body = method === 'POST' ? {} : undefined
      expect((await api.visitor().ask(path, { method, body })).status).toBe(401)
      const refused = await person.visitor.ask(path, { method, body })
      expect(refused.problem().code).toBe('admin_required')
      if (method === 'GET') continue
      const headers = { origin: 'https://evil.example' }
      const evil = await admin.visitor.ask(path, { method, body, headers })
      expect(evil.problem().code).toBe('origin_not_allowed')
    }
    const missing = await admin.visitor.ask(`/admin/invitations/${id}`, { method: 'DELETE' })
    expect(missing.problem().code).toBe('not_found')
  })
})
