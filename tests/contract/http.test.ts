import { CompetitionSummary, Health, PlatformStatus } from '@medforge/contracts'
import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { expectData, expectProblem } from '../support/expectations.ts'
import { ask } from '../support/https.ts'
import { readInstallation } from '../support/installation.ts'
import { callApi, signUp } from '../support/person.ts'

const installation = readInstallation()
const call = callApi.bind(null, installation)

describe('every answer of the API', () => {
  test('carries a fresh request id and ignores one that a client sends', async () => {
    const headers = { 'x-request-id': 'mine' }
    const ids = new Set<unknown>(['mine'])
    for (const path of ['/competitions', '/competitions', '/nothing-here']) {
      const answer = await call('GET', path, { headers })
      ids.add(answer.headers['x-request-id'])
    }
    expect(ids.size).toBe(4)
    expect([...ids].every(Boolean)).toBe(true)
  })

  test('is a problem where there is no such route', async () => {
    expectProblem(await call('GET', '/nothing-here?secret=1'), 'not_found', '/api/v1/nothing-here')
    const answer = await ask({ host: installation.apiHost, path: '/nothing' })
    expectProblem(answer, 'not_found', '/nothing')
  })

  test('names the allowed methods where the method is wrong', async () => {
    const answer = await call('DELETE', '/auth/login')
    expectProblem(answer, 'method_not_allowed')
    expect(answer.headers.allow).toContain('POST')
  })

  test('is a problem for a body that is broken, too large, or of another type', async () => {
    const send = (body: string, type = 'application/json') =>
      call('POST', '/auth/login', { body, headers: { 'content-type': type } })
    expectProblem(await send('{"email": '), 'request_validation_failed')
    expectProblem(await send(JSON.stringify({ email: 'x'.repeat(70_000) })), 'payload_too_large')
    expectProblem(await send('email=a', 'text/x-unknown'), 'unsupported_media_type')
  })

  test('checks the origin before the login, and the login before the body', async () => {
    const evil = { headers: { origin: 'https://evil.example' }, json: { tier: 'PUBLIC' } }
    expectProblem(await call('POST', '/sessions', evil), 'origin_not_allowed')
    expectProblem(
      await call('POST', '/sessions', { json: { tier: 'PUBLIC' } }),
      'authentication_required',
    )
    const person = await signUp(installation)
    const answer = await person.api('POST', '/sessions', { json: { tier: 'PUBLIC' } })
    expectProblem(answer, 'request_validation_failed')
  })

  test('may be read with credentials by the web origin only', async () => {
    const web = `https://${installation.webHost}`
    const preflight = (origin: string) =>
      call('OPTIONS', '/auth/login', {
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type',
        },
      })
    const allowed = await preflight(web)
    expect(allowed.headers['access-control-allow-origin']).toBe(web)
    expect(allowed.headers['access-control-allow-credentials']).toBe('true')
    const session = await preflight(`https://${installation.sessionHost('abcdefgh')}`)
    expect(session.headers['access-control-allow-origin']).toBeUndefined()
    const answer = await call('GET', '/status', { headers: { origin: web } })
    expect(answer.headers['access-control-expose-headers']?.toLowerCase()).toMatch(
      /(?=.*x-request-id)(?=.*retry-after)/,
    )
  })
})

describe('lists', () => {
  const summaries = Type.Array(CompetitionSummary)

  test('page through everything by an opaque cursor', async () => {
    const slugs: string[] = []
    let cursor = ''
    for (let page = 0; page < 10; page += 1) {
      const answer = await call('GET', `/competitions?limit=1${cursor && `&cursor=${cursor}`}`)
      const [first] = expectData(answer, 200, summaries)
      if (first) slugs.push(first.slug)
      const { meta } = answer.json() as { meta: { next_cursor: string | null; has_more: boolean } }
      expect(meta).toMatchObject({ limit: 1, has_more: meta.next_cursor !== null })
      if (meta.next_cursor === null) break
      cursor = encodeURIComponent(meta.next_cursor)
    }
    expect(slugs.sort()).toEqual([
      'cifar-100-classification',
      'rsna-pneumonia-detection',
      'titanic-survival',
    ])
  })

  test.each(['0', '501', '-1'])('refuse a limit of %s and say what is possible', async (limit) => {
    const problem = expectProblem(
      await call('GET', `/competitions?limit=${limit}`),
      'invalid_limit',
    )
    expect(problem.detail).toContain('between 1 and 500')
  })

  test('refuse a limit that is no number, and a cursor that was not theirs', async () => {
    expectProblem(await call('GET', '/competitions?limit=ten'), 'request_validation_failed')
    expectProblem(await call('GET', '/competitions?cursor=AAAA'), 'invalid_cursor')
  })
})

describe('what anybody may ask', () => {
  test('GET /healthz is well, in the envelope', async () => {
    const answer = await ask({ host: installation.apiHost, path: '/healthz' })
    expect(expectData(answer, 200, Health)).toEqual({ status: 'ok' })
  })

  test('GET /status counts the GPUs and says that they are simulated', async () => {
    const status = expectData(await call('GET', '/status'), 200, PlatformStatus)
    expect(status).toMatchObject({ gpus: { total: 7, mode: 'simulated' }, health: 'ok' })
    expect(status.gpus.free).toBe(7 - status.active_sessions)
  })

  test('GET /openapi.json lists the problems of every operation with one media type', async () => {
    const answer = await ask({ host: installation.apiHost, path: '/openapi.json' })
    const document = answer.json() as OpenApi
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    )
    expect(operations.length).toBeGreaterThan(15)
    for (const { path, method, operation } of operations) {
      const refusals = Object.entries(operation.responses).filter(
        ([status]) => Number(status) >= 400,
      )
      for (const [status, response] of refusals) {
        const where = `${method} ${path} ${status}`
        if (path === '/healthz' && status === '503') continue
        expect(Object.keys(response.content ?? {}), where).toEqual(['application/problem+json'])
        const { schema } = response.content?.['application/problem+json'] ?? {}
        expect(schema?.properties, where).toHaveProperty('detail')
      }
    }
    expect((await ask({ host: installation.apiHost, path: '/docs' })).status).toBe(200)
  })
})

type OpenApi = {
  paths: Record<
    string,
    Record<
      string,
      {
        responses: Record<
          string,
          { content?: Record<string, { schema?: { properties?: Record<string, unknown> } }> }
        >
      }
    >
  >
}
