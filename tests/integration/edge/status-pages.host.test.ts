import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { API, DOMAIN, type Edge, SESSION, startEdge, WEB } from './edge.ts'

const PAGE = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

let edge: Edge
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge[Symbol.asyncDispose]())
beforeEach(() => edge.reset())

describe('a refusal by the API', () => {
  const problem = (status: number) => ({
    status,
    headers: {
      'content-type': 'application/problem+json',
      'x-request-id': 'id-of-the-api',
      'clear-site-data': '"cookies"',
    },
    body: `{"status":${status},"detail":"from the API"}`,
  })

  test.each([401, 403, 404, 503])('reaches a program as the API wrote it: %i', async (status) => {
    edge.api.reply = () => problem(status)
    const answer = await edge.ask({ host: SESSION, headers: { accept: '*/*' } })
    expect(answer.status).toBe(status)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.headers['x-request-id']).toBe('id-of-the-api')
    expect(JSON.parse(answer.text)).toEqual({ status, detail: 'from the API' })
    expect(edge.session.seen).toEqual([])
  })

  test.each([
    {
      status: 401,
      text: 'Sign in',
      link: `https://${WEB}/login?next=${encodeURIComponent(`https://${SESSION}/`)}`,
    },
    { status: 403, text: 'Ask its owner', link: `https://${WEB}/dashboard` },
    { status: 404, text: 'Launch a session', link: `https://${WEB}/dashboard` },
    { status: 503, text: 'not ready', link: `https://${WEB}/` },
  ])('reaches a person as a page with the same status: $status', async ({ status, text, link }) => {
    edge.api.reply = () => problem(status)
    const answer = await edge.ask({ host: SESSION, headers: PAGE })
    expect(answer.status).toBe(status)
    expect(answer.headers['content-type']).toContain('text/html')
    expect(answer.headers['x-request-id']).toBe('id-of-the-api')
    expect(answer.text).toContain('Request id-of-the-api')
    // Only what may get better by itself is loaded again.
    expect(answer.headers.refresh).toBe(status === 503 ? '5' : undefined)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.text).toContain(text)
    expect(answer.text).toContain(`href="${link}"`)
    expect(answer.text).not.toMatch(/\{(args|http|rp|err)/)
  })

  test.each(['POST', 'PUT', 'PATCH'])('is a page for a form of method %s too', async (method) => {
    edge.api.reply = () => problem(403)
    const asked = { host: SESSION, method, body: 'a=1', headers: PAGE }
    for (const answer of [await edge.ask(asked), await edge.askHttp2(asked)]) {
      expect(answer.status).toBe(403)
      expect(answer.headers['content-type']).toContain('text/html')
      expect(answer.text).toContain('Ask its owner')
    }
    const headers = { ...PAGE, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
    const foreign = await edge.ask({ ...asked, headers })
    expect(foreign.status).toBe(403)
    expect(foreign.headers['content-type']).toContain('text/html')
  })

  test('keeps the order to clear an ambiguous cookie', async () => {
    edge.api.reply = () => problem(401)
    const answer = await edge.ask({ host: SESSION, headers: PAGE })
    expect(answer.headers['clear-site-data']).toBe('"cookies"')
  })

  test('never names an upstream and sets no cookie', async () => {
    edge.api.reply = () => ({ status: 403, headers: { 'x-upstream': 'x', 'set-cookie': 'a=1' } })
    const answer = await edge.ask({ host: SESSION })
    expect(answer.headers['x-upstream']).toBeUndefined()
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  test('tells the people of a session that starts so, and opens it by itself; nothing of it is cleared', async () => {
    edge.api.reply = () => ({ status: 404, headers: { 'retry-after': '2', 'set-cookie': 'a=1' } })
    const answer = await edge.ask({ host: SESSION, headers: PAGE })
    expect(answer.status).toBe(404)
    expect(answer.text).toContain('Your session is starting')
    expect(answer.headers.refresh).toBe('2')
    const plain = await edge.ask({ host: SESSION, headers: { accept: '*/*' } })
    expect(plain.headers).toMatchObject({ 'retry-after': '2' })
    for (const { headers } of [answer, plain]) {
      expect(headers['clear-site-data']).toBeUndefined()
      expect(headers['set-cookie']).toBeUndefined()
    }
  })

  test('shows pages for 502 too', async () => {
    edge.api.reply = () => ({ status: 200 })
    const answer = await edge.ask({ host: SESSION, headers: PAGE })
    expect(answer.status).toBe(502)
    expect(answer.text).toContain('does not answer yet')
    expect(answer.headers['x-request-id']).toBeTruthy()
  })
})

describe('the way back after signing in', () => {
  const nextOf = (text: string) => {
    const [, href = ''] = /href="(https:[^"]*\/login[^"]*)"/.exec(text) ?? []
    return new URL(href).searchParams.get('next')
  }

  test.each([
    '/',
    '/?folder=/workspace',
    '/a%2Fb/%C3%BC?q=1&r=%26&next=//evil.example#',
    '/a+b?c=d+e',
    '/"><script>alert(1)</script>',
    "/x';alert(1)//",
    '/{{.Env.HOME}}{{env "HOME"}}/{http.request.uuid}{$DOMAIN}',
    '//evil.example/x',
    '/%5Cevil.example',
  ])('leads to exactly the page that was asked for: %s', async (path) => {
    edge.api.reply = () => ({ status: 401 })
    const text = await edge.raw(
      SESSION,
      `GET ${path.replaceAll(' ', '%20')} HTTP/1.1\r\nHost: ${SESSION}:443\r\nAccept: text/html\r\nConnection: close\r\n\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1.1 401 /)
    const next = nextOf(text)
    const asked = new URL(`https://${SESSION}${path.replaceAll(' ', '%20')}`)
    expect(new URL(next ?? '').origin).toBe(`https://${SESSION}`)
    expect(decodeURIComponent(new URL(next ?? '').pathname)).toBe(
      decodeURIComponent(asked.pathname),
    )
    expect(new URL(next ?? '').search).toBe(asked.search)
    expect(text).not.toMatch(/<script|alert\(1\)<|\/root/)
  })

  test('is the same over HTTP/2 and for a host in capitals', async () => {
    edge.api.reply = () => ({ status: 401 })
    const path = '/lab?x=1'
    expect(nextOf((await edge.askHttp2({ host: SESSION, path, headers: PAGE })).text)).toBe(
      `https://${SESSION}/lab?x=1`,
    )
    const capitals = { host: SESSION.toUpperCase(), serverName: SESSION, path, headers: PAGE }
    expect(nextOf((await edge.ask(capitals)).text)).toBe(`https://${SESSION}/lab?x=1`)
  })

  test('is the dashboard from a host that is no session', async () => {
    edge.api.reply = () => ({ status: 401 })
    const host = `grafana.medforge.${DOMAIN}`
    expect(nextOf((await edge.ask({ host, headers: PAGE })).text)).toBe('/dashboard')
  })
})

describe('problems that the edge itself answers', () => {
  test.each([
    { what: 'a stopped API', host: API, path: '/api/v1/me?x=1', status: 503 },
    { what: 'a web app that is away', host: WEB, path: '/a%22b%5C/"?x', status: 502 },
    {
      what: 'the internal address',
      host: SESSION,
      path: '/api/v1/auth/session-proxy?a',
      status: 403,
    },
    { what: 'a foreign host', host: 'evil.example', path: '/x/y?z', status: 421 },
    { what: 'a method', host: SESSION, path: '/m?x', status: 405, method: 'TRACE' },
  ])(
    'name the path, and nothing else, as instance: $what',
    async ({ host, path, status, method = 'GET' }) => {
      edge.api.reply = () => ({ drop: true })
      edge.web.reply = () => ({ drop: true })
      const text = await edge.raw(
        host === 'evil.example' ? WEB : host,
        `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      )
      const [head = '', body = ''] = text.split('\r\n\r\n')
      expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
      const problem = JSON.parse(body) as Record<string, unknown>
      expect(problem).toMatchObject({ status, instance: new URL(`https://x${path}`).pathname })
      expect(Object.keys(problem).sort()).toEqual(
        ['code', 'detail', 'instance', 'request_id', 'status', 'title', 'type'].sort(),
      )
      expect(head.toLowerCase()).toContain(`x-request-id: ${problem.request_id}`)
    },
  )
})

describe('more cookies than fit', () => {
  const bomb = Array.from({ length: 170 }, (_, index) => `c${index}=${'x'.repeat(3_900)}`)

  test.each([
    ['the web', WEB],
    ['a session', SESSION],
  ])('are answered by %s with a page that clears them', async (_name, host) => {
    for (const count of [bomb.length, 4]) {
      for (const ask of [edge.ask, edge.askHttp2]) {
        // A browser sends them in one line over HTTP/1.1, and one by one over HTTP/2.
        const some = bomb.slice(0, count)
        const cookie = ask === edge.ask ? some.join('; ') : some
        const answer = await ask({ host, headers: { ...PAGE, cookie } })
        expect(answer.status).toBe(431)
        expect(answer.headers['clear-site-data']).toBe('"cookies"')
        expect(answer.text).toContain('Too many cookies')
      }
    }
    expect([...edge.api.seen, ...edge.web.seen, ...edge.session.seen]).toEqual([])
  })

  test('are counted in bytes, as the servers behind count them', async () => {
    const cookie = Array.from({ length: 6 }, (_, index) => `c${index}=${'😀'.repeat(1_000)}`)
    // `raw` writes a byte for a character.
    const bytes = Buffer.from(cookie.join('; ')).toString('latin1')
    for (const host of [WEB, SESSION]) {
      const text = await edge.raw(
        host,
        `GET / HTTP/1.1\r\nHost: ${host}\r\nCookie: ${bytes}\r\nConnection: close\r\n\r\n`,
      )
      expect(text).toMatch(/^HTTP\/1.1 431 /)
      expect(text.toLowerCase()).toContain('clear-site-data: "cookies"')
    }
    expect([...edge.web.seen, ...edge.session.seen]).toEqual([])
  })

  test('are a problem of the catalogue for programs', async () => {
    const answer = await edge.ask({ host: API, headers: { cookie: bomb } })
    expect(answer.status).toBe(431)
    expect(answer.headers['clear-site-data']).toBe('"cookies"')
    expect(JSON.parse(answer.text)).toMatchObject({
      type: 'https://medforge.dev/problems/http/headers-too-large',
      code: 'headers_too_large',
    })
  })

  test('are not what a person normally has', async () => {
    const cookie = bomb.slice(0, 3).join('; ')
    for (const host of [WEB, SESSION]) {
      expect((await edge.ask({ host, headers: { cookie } })).status).toBe(200)
    }
  })
})

describe('a session that ended', () => {
  test('takes along what its pages left in the browser, for programs and service workers too', async () => {
    edge.api.reply = () => ({ status: 404 })
    for (const headers of [PAGE, { accept: '*/*', 'service-worker': 'script' }]) {
      const answer = await edge.ask({ host: SESSION, headers })
      expect(answer.status).toBe(404)
      expect(answer.headers['clear-site-data']).toBe('"storage"')
    }
    for (const status of [401, 403, 503]) {
      edge.api.reply = () => ({ status })
      expect((await edge.ask({ host: SESSION })).headers['clear-site-data']).toBeUndefined()
    }
  })
})
