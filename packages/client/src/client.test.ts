import type { Problem, SessionEvent } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { ApiError, UnexpectedResponseError } from './api-error.ts'
import { createClient } from './client.ts'

const META = { request_id: 'r', api_version: 'v1.0', timestamp: '2026-01-01T00:00:00Z' }

type Call = { url: string; method: string; headers: Headers; body: unknown }

/** A server in memory: gives these responses in turn, and records the requests. */
function serve(...answers: Response[]) {
  const calls: Call[] = []
  const client = createClient({
    baseUrl: 'https://api.medforge.test',
    fetch: async (url, init) => {
      const headers = new Headers(init?.headers as Record<string, string>)
      calls.push({ url: String(url), method: init?.method ?? 'GET', headers, body: init?.body })
      const answer = answers.shift()
      if (!answer) throw new TypeError('connection refused')
      return answer
    },
  })
  return { client, calls }
}

function json(status: number, body: unknown, type = 'application/json'): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': type } })
}

function eventStream(...events: SessionEvent[]): Response {
  return textStream(`: hello\n\n${events.map(messageText).join('')}`)
}

function textStream(text: string): Response {
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } })
}

function messageText(event: SessionEvent): string {
  return `id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`
}

function event(id: string, to: SessionEvent['to_status']): SessionEvent {
  return {
    id,
    session_id: 's',
    kind: to ? 'transition' : 'step',
    from_status: null,
    to_status: to,
    step: to ? null : 'workspace',
    reason: null,
    usual_ms: null,
    at: '2026-01-01T00:00:00Z',
  }
}

describe(createClient, () => {
  test('sends a note with a file, changes it, and gets the file back as bytes', async () => {
    const { client, calls } = serve(
      json(201, { data: { submission: { id: 's' } }, meta: META }),
      json(200, { data: { id: 's', note: 'new' }, meta: META }),
      new Response('id,label\n1,0\n', { headers: { 'content-type': 'text/csv' } }),
    )
    await client.submit('moles', new File(['x'], 'a.csv'), { note: 'seed 7' })
    expect((await client.changeSubmission('moles', 's', { note: 'new' })).note).toBe('new')
    expect(await (await client.getSubmissionFile('moles', 's')).text()).toBe('id,label\n1,0\n')
    expect(calls.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
      'POST /api/v1/competitions/moles/submissions',
      'PATCH /api/v1/competitions/moles/submissions/s',
      'GET /api/v1/competitions/moles/submissions/s/file',
    ])
    const form = calls[0]?.body instanceof FormData ? calls[0].body : new FormData()
    expect(form.get('note')).toBe('seed 7')
  })

  test('hands out the data of an envelope', async () => {
    const { client, calls } = serve(json(200, { data: { message: 'Signed out.' }, meta: META }))
    expect(await client.logout()).toEqual({ message: 'Signed out.' })
    expect(calls[0]).toMatchObject({
      url: 'https://api.medforge.test/api/v1/auth/logout',
      method: 'POST',
    })
  })

  test('throws a problem as an error that can be shown', async () => {
    const problem: Problem = {
      type: 'https://medforge.dev/problems/auth/email-taken',
      title: 'Email taken',
      status: 409,
      detail: 'There is an account.',
      instance: '/api/v1/auth/signup',
      code: 'email_taken',
      request_id: 'r-1',
    }
    const { client } = serve(json(409, problem, 'application/problem+json'))
    const refusal = client.signup({ email: 'a@b.test', password: 'x'.repeat(8) })
    await expect(refusal).rejects.toThrow(ApiError)
    await expect(refusal).rejects.toMatchObject({
      message: 'There is an account.',
      code: 'email_taken',
      requestId: 'r-1',
    })
  })

  test.each([
    { note: 'an HTML page', answer: new Response('<h1>404</h1>', { status: 404 }), outcome: '404' },
    { note: 'a success that is no envelope', answer: json(200, { ok: true }), outcome: '200' },
  ])('names method, path and status when $note answers', async ({ answer, outcome }) => {
    const { client } = serve(answer)
    const refusal = client.signup({ email: 'a@b.test', password: 'x'.repeat(8) })
    await expect(refusal).rejects.toThrow(`POST /api/v1/auth/signup failed: ${outcome}`)
  })

  test('throws when there is no response', async () => {
    const { client } = serve()
    await expect(client.me()).rejects.toThrow(UnexpectedResponseError)
    await expect(serve().client.me()).rejects.toThrow('GET /api/v1/me failed: no answer')
  })

  test('reports degraded health as an answer', async () => {
    const data = { status: 'degraded', reasons: ['firewall'] }
    const { client } = serve(json(503, { data, meta: META }))
    expect(await client.health()).toEqual(data)
  })

  test('resumes a broken event stream after the last message and ends at a terminal status', async () => {
    const { client, calls } = serve(
      eventStream(event('1', 'starting'), event('2', null)),
      eventStream(event('3', 'running'), event('4', 'error'), event('5', null)),
    )
    const seen: string[] = []
    for await (const { id } of client.sessionEvents('s')) seen.push(id)
    expect(seen).toEqual(['1', '2', '3', '4'])
    expect(calls.map((call) => call.headers.get('last-event-id'))).toEqual([null, '2'])
  })

  test('reads again a message that the end of a stream has cut off', async () => {
    const [whole, cutOff] = [messageText(event('1', null)), messageText(event('2', 'error'))]
    const { client, calls } = serve(
      textStream(whole + cutOff.slice(0, -1)),
      eventStream(event('2', 'error')),
    )
    const seen: string[] = []
    for await (const { id } of client.sessionEvents('s')) seen.push(id)
    expect(seen).toEqual(['1', '2'])
    expect(calls.map((call) => call.headers.get('last-event-id'))).toEqual([null, '1'])
  })
})
