import type { AccessToken, NewAccessToken, SubmissionAccepted } from '@medforge/contracts'
import { PASSWORD, type Visitor } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { readAudit } from '../admin/admin.ts'
import { signIn, TITANIC, test, titanicCsv, upload } from '../competitions/site.ts'

const DAY_MS = 24 * 60 * 60_000

const make = (visitor: Visitor, body: object = { name: 'laptop' }) =>
  visitor.post('/auth/tokens', body)

const revoke = (visitor: Visitor, id: string) =>
  visitor.ask(`/auth/tokens/${id}`, { method: 'DELETE' })

async function newToken(visitor: Visitor): Promise<NewAccessToken> {
  const answer = await make(visitor)
  expect(answer.status).toBe(201)
  return answer.data<NewAccessToken>()
}

const bearing = (token: string) => ({ authorization: `Bearer ${token}` })
const MINE = `/competitions/${TITANIC}/submissions/me`

describe('a personal token', () => {
  test('submits, and reads what is its owner’s, as their login does', async ({ site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    const { token } = await newToken(visitor)
    const program = site_api.visitor()
    const sent = await upload(program, titanicCsv(), { headers: bearing(token) })
    expect(sent.status).toBe(201)
    const { submission } = sent.data<SubmissionAccepted>()
    const mine = await program.get(MINE, bearing(token))
    expect(mine.data<{ id: string }[]>().map(({ id }) => id)).toEqual([submission.id])
    for (const read of ['submissions/allowance', 'leaderboard/me']) {
      const answer = await program.get(`/competitions/${TITANIC}/${read}`, bearing(token))
      expect(answer.status, read).toBe(200)
    }
  })

  test('is kept as its HMAC alone, and named in the audit log and nowhere in the log', async ({
    site_api,
    db,
  }) => {
    const { visitor, userId } = await signIn(site_api, db)
    const { token, access_token } = await newToken(visitor)
    expect(token).toMatch(/^mf_[A-Za-z0-9_-]{43}$/)
    const row = await db.selectFrom('access_tokens').selectAll().executeTakeFirstOrThrow()
    expect(JSON.stringify(row)).not.toContain(token)
    expect(row.token_hash).toHaveLength(32)
    await revoke(visitor, access_token.id)
    expect(JSON.stringify(site_api.logs)).not.toContain(token)
    const own = { actor_user_id: userId, subject: access_token.id }
    expect(await readAudit(db)).toEqual([
      { ...own, action: 'token.create', detail: expect.stringContaining('laptop') },
      { ...own, action: 'token.revoke', detail: null },
    ])
  })

  test('is good for competitions alone: not for sessions, account or administration, whoever made it', async ({
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db, { role: 'admin' })
    const { token } = await newToken(visitor)
    const program = site_api.visitor()
    const paths = ['/me', '/sessions', '/auth/tokens', '/auth/logins', '/admin/users']
    for (const path of [...paths, '/admin/submissions', `/admin/competitions/${TITANIC}/probing`]) {
      expect((await program.get(path, bearing(token))).status, path).toBe(401)
    }
    const denied = await program.post('/sessions', {}, bearing(token))
    expect(denied.status).toBe(401)
  })

  test('beside a login cookie is refused everywhere, as nobody can tell whose request it is', async ({
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { token } = await newToken(visitor)
    for (const path of [MINE, '/me']) {
      const answer = await visitor.get(path, bearing(token))
      expect(answer.status).toBe(401)
      expect(answer.problem().detail).toContain('not both')
    }
    expect((await visitor.get(MINE)).status).toBe(200)
  })

  test.for([
    ['revoked', async (owner, id) => void (await revoke(owner, id))],
    [
      'of an account with a new password',
      async (owner) => {
        const change = { current_password: PASSWORD, new_password: 'another horse, another staple' }
        expect((await owner.post('/auth/password', change)).status).toBe(200)
      },
    ],
  ] satisfies [string, (owner: Visitor, id: string) => Promise<void>][])(
    'that is %s is nobody’s at once, and says what to do',
    async ([, end], { site_api, db }) => {
      const { visitor } = await signIn(site_api, db)
      const { token, access_token } = await newToken(visitor)
      await end(visitor, access_token.id)
      const answer = await site_api.visitor().get(MINE, bearing(token))
      expect([answer.status, answer.problem().code]).toEqual([401, 'authentication_failed'])
      expect(answer.problem().detail).toContain('account page')
      expect((await visitor.get('/auth/tokens')).data()).toEqual([])
    },
  )

  test('of an account that an administrator disables ends, and stays ended', async ({
    site_api,
    db,
  }) => {
    const { visitor, userId } = await signIn(site_api, db)
    const admin = (await signIn(site_api, db, { role: 'admin' })).visitor
    const { token } = await newToken(visitor)
    for (const is_disabled of [true, false]) {
      await admin.ask(`/admin/users/${userId}`, { method: 'PATCH', body: { is_disabled } })
      expect((await site_api.visitor().get(MINE, bearing(token))).status).toBe(401)
    }
  })

  test('ends on its day', async ({ site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    const made = await make(visitor, { name: 'a week', expires_in_days: 7 })
    const { token } = made.data<NewAccessToken>()
    site_api.clock.advance(7 * DAY_MS - 1)
    expect((await site_api.visitor().get(MINE, bearing(token))).status).toBe(200)
    site_api.clock.advance(1)
    expect((await site_api.visitor().get(MINE, bearing(token))).status).toBe(401)
  })

  test('shows when it was last used', async ({ site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    const { token, access_token } = await newToken(visitor)
    expect(access_token.last_used_at).toBeNull()
    await site_api.visitor().get(MINE, bearing(token))
    await site_api.context.identity.settled()
    const [listed] = (await visitor.get('/auth/tokens')).data<AccessToken[]>()
    expect(listed?.last_used_at).not.toBeNull()
  })

  test('cannot be had without end: twenty at once a person, also by requests at the same moment', async ({
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const answers = await Promise.all(Array.from({ length: 20 }, () => make(visitor)))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
    const { id } = answers[0]?.data<NewAccessToken>().access_token ?? { id: '' }
    expect((await make(visitor)).status).toBe(429)
    site_api.clock.advance(60 * 60_000)
    const refused = await make(visitor)
    expect([refused.status, refused.problem().code]).toEqual([409, 'token_limit_reached'])
    await revoke(visitor, id)
    expect((await make(visitor)).status).toBe(201)
  })

  test('of somebody else cannot be revoked', async ({ site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    const { access_token, token } = await newToken(visitor)
    const other = (await signIn(site_api, db)).visitor
    expect((await revoke(other, access_token.id)).status).toBe(404)
    expect((await site_api.visitor().get(MINE, bearing(token))).status).toBe(200)
  })

  test.for(['', 'a\nb', 'a\u202eb', 'x'.repeat(81)])(
    'needs a name that can be read: not %j',
    async (name, { site_api, db }) => {
      const { visitor } = await signIn(site_api, db)
      expect((await make(visitor, { name })).status).toBe(422)
    },
  )
})
