import { createIpc, createIpcPair } from '@medforge/api/ipc/channel.ts'
import { createTokenHasher } from '@medforge/core'
import { eventually, newSession } from '@medforge/test-support'
import { sql } from 'kysely'
import { describe, expect } from 'vitest'
import { readAudit } from '../admin/admin.ts'
import { SESSION_SECRET, type TestApp, type TestAppOptions } from '../app.ts'
import { HOST, openRunningSession, SLUG } from './running-session.ts'
import { type Stage, test } from './stage.ts'

describe('GET /auth/session-proxy', () => {
  test('names the upstream to the owner of a running session', async ({ stage }) => {
    const { visitor } = await openRunningSession(stage)
    const answer = await visitor.get('/auth/session-proxy', { host: HOST })
    expect(answer.status).toBe(200)
    expect(answer.headers['x-upstream']).toBe(`mf-session-${SLUG}:8080`)
    expect(answer.data()).toEqual({ message: expect.any(String) })
  })

  test('says it without a body where the edge prefers that, and only then', async ({ stage }) => {
    const { ask } = await openRunningSession(stage)
    const answer = await ask({ prefer: 'respond-async, Return=Minimal' })
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({
      'x-upstream': `mf-session-${SLUG}:8080`,
      'content-length': '0',
      'cache-control': 'no-store',
      'preference-applied': 'return=minimal',
    })
    const refused = await stage.api
      .visitor()
      .get('/auth/session-proxy', { host: HOST, prefer: 'return=minimal' })
    expect(refused.problem()).toMatchObject({ code: 'authentication_required' })
  })

  test.for([
    ['with a port', `${HOST}:443`],
    ['in upper case', HOST.toUpperCase()],
  ])('knows its host %s', async ([, host = ''], { stage }) => {
    const { ask } = await openRunningSession(stage)
    expect((await ask({ host })).status).toBe(200)
  })

  test.for([
    ['the API', 'api.medforge.localhost'],
    ['the web', 'medforge.localhost'],
    ['another domain', `s-${SLUG}.medforge.example`],
    ['our domain as a prefix', `${HOST}.evil.example`],
    ['our domain glued on', `s-${SLUG}.xmedforge.localhost`],
    ['a dot of the suffix that is none', `s-${SLUG}.medforge-localhost`],
    ['two levels', `a.${HOST}`],
    ['a trailing dot', `${HOST}.`],
    ['a slug too short', 's-abcdefg.medforge.localhost'],
    ['a slug too long', 's-abcdefghi.medforge.localhost'],
    ['a slug with a dash', 's-abcd-fgh.medforge.localhost'],
    ['no prefix', `${SLUG}.medforge.localhost`],
    ['a bad port', `${HOST}:abc`],
    ['an address', '172.30.0.130:8080'],
  ])('answers 404 for %s', async ([, host = ''], { stage }) => {
    const { ask } = await openRunningSession(stage)
    const answer = await ask({ host })
    expect(answer.status).toBe(404)
    expect(answer.problem()).toMatchObject({
      code: 'session_host_not_found',
      detail: 'Session host not found.',
    })
    expect(answer.headers['x-upstream']).toBeUndefined()
  })

  test('looks at Host alone', async ({ stage }) => {
    const { ask } = await openRunningSession(stage)
    const spoofed = await ask({
      host: 'api.medforge.localhost',
      'x-forwarded-host': HOST,
      'x-original-host': HOST,
      forwarded: `host=${HOST}`,
      'x-upstream': `mf-session-${SLUG}:8080`,
    })
    expect(spoofed.status).toBe(404)
  })

  test('answers 401 before anything else, whatever the host', async ({ stage }) => {
    await openRunningSession(stage)
    for (const host of [HOST, 'api.medforge.localhost', 's-zzzzzzzz.medforge.localhost']) {
      const answer = await stage.api.visitor().get('/auth/session-proxy', { host })
      expect(answer.status).toBe(401)
      expect(answer.problem().detail).toBe('Authentication required.')
    }
  })

  test('refuses two different login cookies and makes the browser drop them', async ({ stage }) => {
    const { visitor } = await openRunningSession(stage)
    const cookie = `${visitor.cookie()}; medforge_session=other`
    const answer = await stage.api.visitor().get('/auth/session-proxy', { host: HOST, cookie })
    expect(answer.status).toBe(401)
    expect(answer.headers['clear-site-data']).toBe('"cookies"')
  })

  test.for(['starting', 'stopping', 'stopped', 'error'] as const)(
    'answers 404 for a session that is %s',
    async (status, { stage }) => {
      const { user, visitor } = await stage.person()
      await newSession(stage.db, { user_id: user.id, slug: SLUG, status })
      const answer = await visitor.get('/auth/session-proxy', { host: HOST })
      expect(answer.status).toBe(404)
      expect(answer.problem().code).toBe('session_not_found')
      if (status !== 'starting') expect(answer.headers['retry-after']).toBeUndefined()
    },
  )

  test('says when to ask again to those who may enter a session that starts, and to nobody else', async ({
    stage,
  }) => {
    const owner = await stage.person()
    await newSession(stage.db, { user_id: owner.user.id, slug: SLUG, status: 'starting' })
    const admin = await stage.person({ role: 'admin' })
    const stranger = await stage.person()
    const retryAfter = async ({ visitor }: typeof owner) => {
      const answer = await visitor.get('/auth/session-proxy', { host: HOST })
      expect(answer.status).toBe(404)
      return answer.headers['retry-after']
    }
    expect(await retryAfter(owner)).toBe('2')
    expect(await retryAfter(admin)).toBe('2')
    expect(await retryAfter(stranger)).toBeUndefined()
  })

  test('answers 403 to a stranger and 200 to an admin', async ({ stage }) => {
    await openRunningSession(stage)
    const stranger = await stage.person()
    const refused = await stranger.visitor.get('/auth/session-proxy', { host: HOST })
    expect(refused.status).toBe(403)
    expect(refused.problem().code).toBe('session_access_denied')
    const admin = await stage.person({ role: 'admin' })
    expect((await admin.visitor.get('/auth/session-proxy', { host: HOST })).status).toBe(200)
  })

  test('notes an admin’s visit once a minute, after the answer, and an owner’s never', async ({
    stage,
    db,
  }) => {
    const { session, ask } = await openRunningSession(stage)
    const { user: admin, visitor } = await stage.person({ role: 'admin' })
    const visit = () => visitor.get('/auth/session-proxy', { host: HOST })
    const visits = () => readAudit(db)
    await ask()
    await Promise.all([visit(), visit(), visit()])
    await eventually(async () => (await visits()).length === 1)
    stage.api.clock.advance(61_000)
    await visit()
    await eventually(async () => (await visits()).length === 2)
    expect((await visits())[0]).toMatchObject({
      actor_user_id: admin.id,
      action: 'session.visit',
      subject: session.id,
    })
  })
})

describe('the connection that a login uses', () => {
  const CLIENT = '203.0.113.7:51324 HTTP/1.1'
  const { signal } = new AbortController()
  type Open = (options?: TestAppOptions) => Promise<TestApp>

  /** Somebody signed in at a server that takes `edge` for the address of its edge; these requests come from 127.0.0.1. */
  async function enter(stage: Stage, open: Open, edge: string) {
    const { user, session } = await openRunningSession(stage)
    const pair = createIpcPair()
    const api = await open({ env: { TRUSTED_PROXIES: edge }, endpoint: pair.server })
    const flush = () => createIpc(pair.reconciler).flush(20_000, signal)
    // Begun before there is any login of which it would have to be assumed where it is.
    expect(await flush()).toBe(true)
    const begun = await stage.db.selectFrom('session_accesses').selectAll().execute()
    await stage.db.deleteFrom('session_accesses').execute()
    const visitor = api.visitor()
    await visitor.logIn(user.email)
    const ask = (headers: Record<string, string>) =>
      visitor.get('/auth/session-proxy', { host: HOST, ...headers })
    const accesses = async () => {
      expect(await flush()).toBe(true)
      return stage.db.selectFrom('session_accesses').selectAll().execute()
    }
    return { session, visitor, ask, accesses, begun }
  }

  test('is kept as the edge names it, with the token and the session', async ({ stage, open }) => {
    const { session, ask, visitor, accesses } = await enter(stage, open, '127.0.0.1')
    expect((await ask({ 'x-medforge-client': CLIENT })).status).toBe(200)
    const [, token = ''] = /medforge_session=([\w-]+)/.exec(visitor.cookie() ?? '') ?? []
    expect(await accesses()).toMatchObject([
      {
        client: '203.0.113.7:51324',
        is_multiplexed: false,
        session_id: session.id,
        token_hash: createTokenHasher(SESSION_SECRET)(token),
      },
    ])
  })

  test('is not known from anybody but the edge', async ({ stage, open }) => {
    const { ask, accesses } = await enter(stage, open, '127.0.0.9')
    const headers = { 'x-medforge-client': CLIENT, 'x-forwarded-for': '127.0.0.9' }
    expect((await ask(headers)).status).toBe(200)
    expect(await accesses()).toMatchObject([{ client: null, is_multiplexed: true }])
  })

  test('is not kept of a request that is refused', async ({ stage, open }) => {
    const { ask, accesses } = await enter(stage, open, '127.0.0.1')
    const foreign = { origin: 'https://evil.example', upgrade: 'websocket' }
    expect((await ask({ 'x-medforge-client': CLIENT, ...foreign })).status).toBe(403)
    expect(await accesses()).toEqual([])
  })

  test('may be any for a login that was there before the first note', async ({ stage, open }) => {
    const { session, begun } = await enter(stage, open, '127.0.0.1')
    expect(begun).toMatchObject([{ client: null, session_id: session.id }])
  })

  test.for([
    [200, 'left its notes open, so that what is lost now is taken for lost', false],
    [503, 'closed its notes, so that nobody would miss what is lost now', true],
  ] as const)(
    'is answered with %s on a database that takes no rows where the server before %s',
    async ([status, , is_closed], { stage }) => {
      const { ask } = await openRunningSession(stage)
      await stage.db
        .insertInto('platform_state')
        .values({
          name: 'session-accesses',
          value: JSON.stringify({ writer: 'another', is_closed }),
          updated_at: '2026-03-01 11:00:00.000000',
        })
        .execute()
      // What MariaDB says while it is read-only.
      await sql`
        CREATE TRIGGER refuse BEFORE UPDATE ON platform_state FOR EACH ROW
        SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290`.execute(stage.db)
      try {
        expect((await ask()).status).toBe(status)
      } finally {
        await sql`DROP TRIGGER refuse`.execute(stage.db)
      }
      expect((await ask()).status).toBe(200)
    },
  )
})

describe('Origin', () => {
  const OWN = `https://${HOST}`
  const FOREIGN = [
    'https://s-zzzzzzzz.medforge.localhost',
    'https://medforge.localhost',
    'https://evil.example',
    `https://${HOST}.evil.example`,
    'null',
    `${OWN}/path`,
  ]
  const handshake = { upgrade: 'websocket', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }

  test('of a websocket handshake is the session’s own host', async ({ stage }) => {
    const { ask } = await openRunningSession(stage)
    expect((await ask({ ...handshake, origin: OWN })).status).toBe(200)
    for (const origin of FOREIGN) {
      const answer = await ask({ ...handshake, origin })
      expect(answer.status, origin).toBe(403)
      expect(answer.problem().code).toBe('origin_not_allowed')
    }
  })

  test('is looked at even where the edge stripped the upgrade', async ({ stage }) => {
    const { ask } = await openRunningSession(stage)
    const { 'sec-websocket-key': key } = handshake
    const answer = await ask({ 'sec-websocket-key': key, origin: 'https://evil.example' })
    expect(answer.status).toBe(403)
  })

  test.for(['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'])(
    'of a %s is the session’s own host',
    async (method, { stage }) => {
      const { ask } = await openRunningSession(stage)
      const asked = { 'x-forwarded-method': method }
      expect((await ask({ ...asked, origin: OWN })).status).toBe(200)
      expect((await ask({ ...asked, origin: `${OWN}:443` })).status).toBe(200)
      expect((await ask(asked)).status).toBe(200)
      for (const origin of FOREIGN) {
        expect((await ask({ ...asked, origin })).status, origin).toBe(403)
      }
    },
  )

  test('hidden by a form of the session’s own page passes, hidden by a frame it does not', async ({
    stage,
  }) => {
    const { ask } = await openRunningSession(stage)
    const form = { 'x-forwarded-method': 'POST', origin: 'null' }
    expect((await ask({ ...form, 'sec-fetch-site': 'same-origin' })).status).toBe(200)
    for (const site of ['cross-site', 'same-site', 'none']) {
      expect((await ask({ ...form, 'sec-fetch-site': site })).status, site).toBe(403)
    }
    const opened = { ...handshake, origin: 'null', 'sec-fetch-site': 'same-origin' }
    expect((await ask(opened)).status).toBe(403)
  })

  test('of a read does not matter', async ({ stage }) => {
    const { ask } = await openRunningSession(stage)
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      const answer = await ask({ 'x-forwarded-method': method, origin: 'https://evil.example' })
      expect(answer.status).toBe(200)
    }
  })

  test('is refused after the owner was established, not before', async ({ stage }) => {
    await openRunningSession(stage)
    const stranger = await stage.person()
    const answer = await stranger.visitor.get('/auth/session-proxy', {
      host: HOST,
      ...handshake,
      origin: 'https://evil.example',
    })
    expect(answer.problem().code).toBe('session_access_denied')
  })
})
