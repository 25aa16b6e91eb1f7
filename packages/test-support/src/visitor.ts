import { API_PREFIX, PROBLEM_MEDIA_TYPE } from '@medforge/contracts'
import { expect } from 'vitest'
import { PASSWORD } from './builders.ts'

/** The part of a Fastify application that a test needs; no port is opened. */
export interface Injectable {
  inject(request: {
    method: 'DELETE' | 'GET' | 'HEAD' | 'OPTIONS' | 'PATCH' | 'POST' | 'PUT'
    url: string
    headers: Record<string, string>
    payload?: string | Buffer
    remoteAddress?: string
  }): PromiseLike<{
    statusCode: number
    headers: Record<string, string | string[] | number | undefined>
    body: string
  }>
}

export type Ask = {
  method?: 'DELETE' | 'GET' | 'HEAD' | 'OPTIONS' | 'PATCH' | 'POST' | 'PUT'
  headers?: Record<string, string>
  /** Sent as JSON; text and bytes as they are. */
  body?: unknown
}

export type Answer = {
  status: number
  headers: Record<string, string | undefined>
  /** Every `Set-Cookie` line. */
  setCookies: string[]
  text: string
  /** `data` of an envelope. */
  data: <Data>() => Data
  meta: () => { limit: number | null; next_cursor: string | null; has_more: boolean | null }
  /** The problem, which the test then looks into. */
  problem: () => {
    code: string
    detail: string
    instance: string
    errors?: { loc: (string | number)[]; msg: string; type: string; ctx?: object }[]
  }
}

export type VisitorOptions = { domain?: string; address?: string }

export interface Visitor {
  /** Ask a path below `/api/v1` (or one that begins with `!`, as it is), with the cookies that were set before. */
  ask(path: string, ask?: Ask): Promise<Answer>
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  logIn(email: string, password?: string): Promise<Answer>
  /** The `Cookie` header that goes along with the next request. */
  cookie(): string | undefined
}

/**
 * Somebody at the web origin with a cookie jar of their own. Whatever is answered, what every answer owes is checked on the way:
 * a request id, the envelope's six keys or the problem's media type.
 */
export function createVisitor(app: Injectable, options: VisitorOptions = {}): Visitor {
  const domain = options.domain ?? 'localhost'
  const jar = new Map<string, string>()

  function cookie(): string | undefined {
    if (jar.size === 0) return undefined
    return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  function remember(lines: string[]): void {
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/max-age=0\b/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
  }

  async function ask(path: string, { method = 'GET', headers = {}, body }: Ask = {}) {
    const isRaw = typeof body === 'string' || Buffer.isBuffer(body)
    const payload = isRaw || body === undefined ? body : JSON.stringify(body)
    const jarred = cookie()
    const response = await app.inject({
      method,
      url: path.startsWith('!') ? path.slice(1) : API_PREFIX + path,
      headers: {
        host: `api.medforge.${domain}`,
        ...(method === 'GET' ? {} : { origin: `https://medforge.${domain}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(jarred === undefined ? {} : { cookie: jarred }),
        ...headers,
      },
      ...(payload === undefined ? {} : { payload: payload as string | Buffer }),
      ...(options.address ? { remoteAddress: options.address } : {}),
    })
    const answer = toAnswer(response)
    expectCommonFacts(answer)
    remember(answer.setCookies)
    return answer
  }

  return {
    ask,
    get: (path, headers = {}) => ask(path, { headers }),
    post: (path, body, headers = {}) => ask(path, { method: 'POST', body, headers }),
    logIn: (email, password = PASSWORD) =>
      ask('/auth/login', { method: 'POST', body: { email, password } }),
    cookie,
  }
}

function toAnswer(response: Awaited<ReturnType<Injectable['inject']>>): Answer {
  const headers: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(response.headers)) headers[name] = value?.toString()
  const parse = () => JSON.parse(response.body)
  return {
    status: response.statusCode,
    headers,
    setCookies: [response.headers['set-cookie'] ?? []].flat().map(String),
    text: response.body,
    data: () => {
      expect(response.statusCode, response.body.slice(0, 500)).toBeLessThan(400)
      return parse().data
    },
    meta: () => parse().meta,
    problem: () => {
      expect(headers['content-type'], response.body.slice(0, 500)).toContain(PROBLEM_MEDIA_TYPE)
      return parse()
    },
  }
}

const META_KEYS = ['api_version', 'has_more', 'limit', 'next_cursor', 'request_id', 'timestamp']

function expectCommonFacts({ headers, status, text }: Answer): void {
  const requestId = headers['x-request-id']
  expect(requestId).toMatch(/^[0-9a-f-]{36}$/)
  expect(headers['x-content-type-options']).toBe('nosniff')
  const mediaType = headers['content-type']?.split(';')[0]
  if (mediaType === PROBLEM_MEDIA_TYPE && text !== '') {
    expect(JSON.parse(text)).toMatchObject({ status, request_id: requestId })
  }
  if (status >= 400 && text !== '') {
    const body = JSON.parse(text)
    // The one enveloped answer that is no success is degraded health.
    if (mediaType !== PROBLEM_MEDIA_TYPE)
      expect(body).toMatchObject({ data: { status: 'degraded' } })
  }
  if (mediaType === 'application/json' && text !== '' && text.includes('"meta"')) {
    const { meta } = JSON.parse(text)
    if (!meta) return
    expect(Object.keys(meta).toSorted()).toEqual(META_KEYS)
    expect(meta.request_id).toBe(requestId)
  }
}
