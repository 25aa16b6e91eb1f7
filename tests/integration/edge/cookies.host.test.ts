import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { SLUG, valuesOf } from './backend.ts'
import { type Edge, SESSION, startEdge } from './edge.ts'
import { HANDSHAKE } from './wire.ts'

let edge: Edge
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge[Symbol.asyncDispose]())
beforeEach(() => edge.reset())

async function cookieAtSession(...lines: string[]): Promise<string[]> {
  const head = lines.map((line) => `Cookie: ${line}\r\n`).join('')
  await edge.raw(SESSION, `GET / HTTP/1.1\r\nHost: ${SESSION}\r\n${head}Connection: close\r\n\r\n`)
  expect(edge.session.seen).toHaveLength(1)
  return valuesOf(edge.session.seen[0], 'cookie')
}

describe('the login cookie on the way to a session', () => {
  test.each([
    { sent: ['medforge_session=secret'], kept: [] },
    { sent: ['medforge_session=secret; theme=dark'], kept: ['theme=dark'] },
    { sent: ['theme=dark; medforge_session=secret'], kept: ['theme=dark'] },
    { sent: ['a=1; medforge_session=secret; b=2'], kept: ['a=1; b=2'] },
    { sent: ['a=1;medforge_session=secret;b=2'], kept: ['a=1;b=2'] },
    { sent: ['a=1; medforge_session="secret"; b="x y"'], kept: ['a=1; b="x y"'] },
    { sent: ['medforge_session=one; medforge_session=two; a=1'], kept: ['a=1'] },
    { sent: ['medforge_session = secret; a=1'], kept: ['a=1'] },
    { sent: ['a=1; \tmedforge_session=secret'], kept: ['a=1'] },
    { sent: ['medforge_session=; a=1'], kept: ['a=1'] },
    { sent: ['medforge_session=a=b==; a=1'], kept: ['a=1'] },
    { sent: ['a=1', 'medforge_session=secret', 'b=2'], kept: ['a=1', 'b=2'] },
    { sent: ['a="x; medforge_session=secret'], kept: ['a="x'] },
    { sent: ['__Host-medforge_session=secret; a=1'], kept: ['a=1'] },
    { sent: ['a=1;__Secure-medforge_session="secret"'], kept: ['a=1'] },
    { sent: ['a=1; ;; medforge_session=secret;; b=2'], kept: ['a=1; ;;; b=2'] },
    { sent: ['medforge_session', 'a=1'], kept: ['a=1'] },
    { sent: ['medforge_session=sec,ret; a=1,b'], kept: ['a=1,b'] },
  ])('is taken out of $sent', async ({ sent, kept }) => {
    const cookies = await cookieAtSession(...sent)
    expect(cookies).toEqual(kept)
    expect(cookies.join('\n')).not.toMatch(/secret|medforge_session/)
  })

  test.each([
    'a=1; b=2',
    'my_medforge_session=1',
    'medforge_session_theme=dark; x=1',
    'medforge_sessions=1',
    'a=medforge_session',
    'note="a medforge_session=1 b"',
    'csrf=$1$9; jupyter=%24',
    'MEDFORGE_SESSION=other',
    // No blank to the API either, so it is another name.
    'a=1; \xA0medforge_session=other',
  ])('is told from other cookies: %s passes', async (sent) => {
    expect(await cookieAtSession(sent)).toEqual([sent])
  })

  test.each(['\x0b', '\x0c', '\0'])(
    'reaches nobody behind a blank that is none: %j',
    async (blank) => {
      const cookie = `Cookie: a=1; ${blank}medforge_session=secret`
      const text = await edge.raw(
        SESSION,
        `GET / HTTP/1.1\r\nHost: ${SESSION}\r\n${cookie}\r\n\r\n`,
      )
      expect(text).toMatch(/^HTTP\/1.1 400 /)
      expect([edge.api.seen, edge.session.seen]).toEqual([[], []])
    },
  )

  test('reaches the API', async () => {
    await cookieAtSession('a=1; medforge_session=secret')
    expect(valuesOf(edge.api.seen[0], 'cookie').join('; ')).toContain('medforge_session=secret')
  })

  test('is taken out of a websocket handshake too', async () => {
    const cookie = 'medforge_session=secret; a=1'
    await edge.ask({ host: SESSION, headers: { ...HANDSHAKE, cookie } })
    expect(valuesOf(edge.session.seen[0], 'cookie')).toEqual(['a=1'])
  })
})

describe.each([
  { by: 'by an answer', status: 200, headers: {} },
  { by: 'by accepting a websocket', status: 101, headers: HANDSHAKE },
])('cookies that a session sets $by', ({ status, headers }) => {
  async function setBySession(...cookies: string[]): Promise<string[]> {
    edge.session.reply = () => ({ headers: { 'set-cookie': cookies } })
    const answer = await edge.ask({ host: SESSION, headers })
    expect(answer.status).toBe(status)
    const values = answer.headers['set-cookie']
    return Array.isArray(values) ? values : []
  }

  test('pass when they are its own', async () => {
    const own = ['_xsrf=2|a|b; Path=/', 'theme=dark; HttpOnly; Secure; SameSite=Lax', 'v=domain=x']
    expect(await setBySession(...own)).toEqual(own)
  })

  test.each([
    'medforge_session=stolen; Path=/',
    ' medforge_session = stolen',
    '=medforge_session=stolen',
    '__Host-medforge_session=stolen; Secure; Path=/',
    '__Secure-medforge_session=stolen; Secure',
    'a=1; Domain=.medforge.edge.test; Domain=',
    'a=1;\tDomain\t=\t.medforge.edge.test',
    'a=1; Max-Age=0; domain=MEDFORGE.EDGE.TEST.',
    'medforge_session',
    'a=1; Domain=.medforge.edge.test',
    'a=1; Domain=medforge.edge.test; Path=/',
    'a=1; domain = .edge.test',
    'a=1;DOMAIN=edge.test',
    'a=1; Domain=test',
    'a=1; Path=/; Domain="medforge.edge.test"',
    `a=1; Domain=s-${SLUG}.medforge.edge.test; Domain=medforge.edge.test`,
  ])('are dropped when they aim at others: %s', async (cookie) => {
    expect(await setBySession('keep=1; Path=/', cookie)).toEqual(['keep=1; Path=/'])
    expect(await setBySession(cookie)).toEqual([])
  })

  test('become host-only when their Domain is the session host itself', async () => {
    expect(await setBySession(`a=1; Domain=${SESSION}; Path=/`)).toEqual(['a=1; Path=/'])
  })
})
