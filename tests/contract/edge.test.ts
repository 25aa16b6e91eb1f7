import { Message, type Session } from '@medforge/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { becomeAdmin } from '../support/admin.ts'
import { addEchoPack } from '../support/echo/pack.ts'
import { expectData, expectProblem } from '../support/expectations.ts'
import { type Answer, ask } from '../support/https.ts'
import { readInstallation, runOnHost, within } from '../support/installation.ts'
import { callApi, logIn, PASSWORD, type Person, signUp } from '../support/person.ts'
import { launch, stop, visit } from '../support/sessions.ts'
import { openWebsocket } from '../support/websocket.ts'

const installation = readInstallation()
const { domain } = installation
const PAGE = { accept: 'text/html,application/xhtml+xml', 'sec-fetch-mode': 'navigate' }

/** What the echo container saw of a request. */
type Seen = { method: string; path: string; headers: string[]; body: string }

function seenHeader(answer: Answer, name: string): string[] {
  const { headers } = answer.json() as Seen
  return headers.filter((_, index) => index % 2 === 1 && headers[index - 1]?.toLowerCase() === name)
}

describe('a session’s host', () => {
  let owner: Person
  let stranger: Person
  let session: Session
  let host: string

  async function connect(person: Person) {
    const handshake = await openWebsocket(host, '/socket', { cookie: person.cookie })
    if (!handshake.socket) throw new Error(`The handshake was refused: ${handshake.status}.`)
    return handshake
  }

  beforeAll(async () => {
    const pack_id = await addEchoPack(installation)
    owner = await signUp(installation, 'owner')
    stranger = await signUp(installation, 'stranger')
    session = await launch(owner, { pack_id })
    host = installation.sessionHost(session.slug)
  })

  afterAll(async () => {
    if (session) await owner.api('POST', `/sessions/${session.id}/stop`)
  })

  test('lets its owner in and nobody else', async () => {
    expect((await visit(installation, session.slug, owner)).status).toBe(200)
    expect((await visit(installation, session.slug, undefined)).status).toBe(401)
    expect((await visit(installation, session.slug, stranger)).status).toBe(403)
    expect((await visit(installation, 'zzzzzzzz', owner)).status).toBe(404)
  })

  test('explains a refusal to a person, with the same status', async () => {
    const refusals = [
      { status: 401, person: undefined, slug: session.slug },
      { status: 403, person: stranger, slug: session.slug },
      { status: 404, person: owner, slug: 'zzzzzzzz' },
    ]
    for (const { status, person, slug } of refusals) {
      const page = await visit(installation, slug, person, '/', { headers: PAGE })
      expect(page.status).toBe(status)
      expect(page.headers['content-type']).toMatch(/^text\/html/)
      expect(page.text).toContain(`https://${installation.webHost}`)
      expect(page.headers['x-request-id']).toBeTruthy()
      const program = await visit(installation, slug, person)
      expect(program.headers['content-type']).toMatch(/^application\/problem\+json/)
    }
  })

  test.each([
    '/api/v1/auth/session-proxy',
    '/api/v1/auth/session-proxy?x=1',
    '/api/v1/auth/session-proxy/',
    '/api/v1/auth/../auth/session-proxy',
    '//api/v1/auth/session-proxy',
    '/api/v1/%61uth/session%2dproxy',
    '/API/v1/auth/session-proxy',
  ])('keeps the edge’s own question to itself: %s', async (path) => {
    expect((await visit(installation, session.slug, owner, path)).status).toBe(403)
  })

  test('hands the request on as it came', async () => {
    const answer = await visit(installation, session.slug, owner, '/a%2Fb/?q=1&q=2', {
      method: 'POST',
      body: 'the body',
      headers: { origin: `https://${host}`, 'x-own': 'kept', 'content-type': 'text/plain' },
    })
    expect(answer.status).toBe(200)
    expect(answer.json()).toMatchObject({
      method: 'POST',
      path: '/a%2Fb/?q=1&q=2',
      body: 'the body',
    })
    expect(seenHeader(answer, 'host')).toEqual([host])
    expect(seenHeader(answer, 'origin')).toEqual([`https://${host}`])
    expect(seenHeader(answer, 'x-own')).toEqual(['kept'])
  })

  test('never lets the login reach the container, and keeps every other cookie', async () => {
    const cookies = [
      `a=1; ${owner.cookie}; b=2`,
      `${owner.cookie};b=2`,
      `a=1;${owner.cookie}`,
      owner.cookie,
    ]
    const [, token = 'none'] = owner.cookie.split('=')
    for (const cookie of cookies) {
      const answer = await visit(installation, session.slug, undefined, '/', {
        headers: { cookie },
      })
      expect(answer.status, cookie).toBe(200)
      expect(answer.text).not.toContain(token)
      const kept = seenHeader(answer, 'cookie').join(';')
      expect(kept).not.toContain('medforge_session')
      for (const other of ['a=1', 'b=2']) {
        expect(kept.includes(other), `${other} of ${cookie}`).toBe(cookie.includes(other))
      }
    }
    const twice = await visit(installation, session.slug, undefined, '/', {
      headers: { cookie: ['a=1', owner.cookie] },
    })
    expect(twice.text).not.toContain(token)
  })

  test('drops cookies that a session sets for the platform or for a parent domain', async () => {
    const answer = await visit(installation, session.slug, owner, '/set-cookies')
    // What is left of a dropped one is an empty line, which no browser takes for a cookie.
    const cookies = answer.headers['set-cookie']?.filter((line) => line !== '')
    expect(cookies).toEqual(['kept=1; Path=/'])
  })

  test('lets no client choose where a request goes', async () => {
    const upstreams = [
      'medforge-db:3306',
      'unix//var/run/docker.sock',
      '172.30.0.3:8000',
      'mf-session-aaaaaaaa:8080',
    ]
    for (const upstream of upstreams) {
      const headers = { 'x-upstream': upstream, X_Upstream: upstream, 'x-forwarded-host': 'evil' }
      const mine = await visit(installation, session.slug, owner, '/', { headers })
      expect(mine.status).toBe(200)
      expect(seenHeader(mine, 'x-upstream')).toEqual([])
      const notMine = await visit(installation, session.slug, stranger, '/', { headers })
      expect(notMine.status).toBe(403)
    }
  })

  test('refuses another page’s writes and websockets, and accepts its own', async () => {
    const post = (headers: Record<string, string>) =>
      visit(installation, session.slug, owner, '/', { method: 'POST', body: 'x', headers })
    expect((await post({ origin: `https://${installation.sessionHost('aaaaaaaa')}` })).status).toBe(
      403,
    )
    expect((await post({ origin: 'https://evil.example' })).status).toBe(403)
    expect((await post({ origin: `https://${host}` })).status).toBe(200)
    expect((await post({})).status).toBe(200)
    const handshake = (origin: string) =>
      openWebsocket(host, '/', { cookie: owner.cookie, origin }).then((answer) => {
        answer.socket?.destroy()
        return answer.status
      })
    expect(await handshake('https://evil.example')).toBe(403)
    expect(await handshake(`https://${host}`)).toBe(101)
  })

  test('carries websockets in both directions', async () => {
    const { socket } = await connect(owner)
    const back = new Promise<string>((resolve) => socket.once('data', (data) => resolve(`${data}`)))
    socket.write('ping through the edge')
    expect(await back).toBe('ping through the edge')
    socket.destroy()
  })

  test('refuses a login that was signed out, at once, and no other login of that person', async () => {
    const device = await logIn(installation, owner.email, PASSWORD)
    expect((await visit(installation, session.slug, device)).status).toBe(200)
    expectData(await device.api('POST', '/auth/logout'), 200, Message)
    expect((await visit(installation, session.slug, device)).status).toBe(401)
    expect((await visit(installation, session.slug, owner)).status).toBe(200)
  })

  test('lets an administrator in', async () => {
    const admin = await becomeAdmin(installation)
    expect((await visit(installation, session.slug, admin)).status).toBe(200)
  })

  test('is gone as soon as the session is stopped, websockets included', async () => {
    const { closed } = await connect(owner)
    await stop(owner, session)
    await within(20_000, closed)
    expect((await visit(installation, session.slug, owner)).status).toBe(404)
    const page = await visit(installation, session.slug, owner, '/', { headers: PAGE })
    expect(page.status).toBe(404)
    expect(page.headers['content-type']).toMatch(/^text\/html/)
  })
})

describe('GET /auth/session-proxy on the API’s own host', () => {
  test('asks for a login first, and then says that this is no session host', async () => {
    const path = '/auth/session-proxy'
    expectProblem(await callApi(installation, 'GET', path), 'authentication_required')
    const person = await signUp(installation)
    const problem = expectProblem(await person.api('GET', path), 'session_host_not_found')
    expect(problem.detail).toBe('Session host not found.')
    const headers = { 'x-forwarded-host': installation.sessionHost('aaaaaaaa') }
    expectProblem(await person.api('GET', path, { headers }), 'session_host_not_found')
  })
})

describe('the edge', () => {
  test('answers any host that is not ours with 421', async () => {
    const hosts = [
      'evil.example',
      `medforge.${domain}.`,
      `a.b.medforge.${domain}`,
      `notmedforge.${domain}`,
      domain,
      '127.0.0.1',
    ]
    for (const host of hosts) {
      const answer = await ask({ host, serverName: installation.webHost, path: '/' })
      expect(answer.status, host).toBe(421)
      expect(answer.headers['x-request-id'], host).toBeTruthy()
    }
  })

  test('sends plain HTTP to HTTPS', async () => {
    const url = `http://${installation.webHost}/competitions?x=1`
    const answer = await runOnHost(
      'curl',
      '-sS',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code} %{redirect_url}',
      url,
    )
    expect(answer).toBe(`308 https://${installation.webHost}/competitions?x=1`)
  })

  test('serves the pages with headers that fence them in', async () => {
    const answer = await ask({ host: installation.webHost, path: '/' })
    expect(answer.status).toBe(200)
    expect(answer.headers['content-security-policy']).toBeTruthy()
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
    expect(answer.headers.server).toBeUndefined()
    expect(answer.headers['x-powered-by']).toBeUndefined()
  })

  test('listens on loopback only on a trial host', async () => {
    const sockets = await runOnHost('ss', '-H', '-ltn')
    const open = sockets.split('\n').flatMap((line) => line.trim().split(/\s+/)[3] ?? [])
    const edge = open.filter((address) => /:(80|443)$/.test(address))
    expect(edge.sort()).toEqual(['127.0.0.1:443', '127.0.0.1:80'])
  })
})
