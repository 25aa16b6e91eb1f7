import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type Ask, newSession } from '@medforge/test-support'
import { describe, expect, vi } from 'vitest'
import type { TestApp } from '../app.ts'
import { HOST, openRunningSession, SLUG } from './running-session.ts'
import { type Stage, test } from './stage.ts'

const QUESTION = '/api/v1/auth/session-proxy?'
const MINIMAL = { host: HOST, prefer: 'return=minimal' }
// Of each answer's own.
const OWN_HEADERS = ['date', 'x-request-id', 'connection', 'keep-alive']

/** How many requests a route of the framework handles meanwhile. */
async function countHandled(work: () => Promise<unknown>): Promise<number> {
  let handled = 0
  const count = () => {
    handled += 1
  }
  subscribe(HANDLED, count)
  try {
    await work()
  } finally {
    unsubscribe(HANDLED, count)
  }
  return handled
}

const HANDLED = 'tracing:fastify.request.handler:start'

/** The server lets somebody in, which it does not before it has opened its notes of that. */
async function beginGranting(stage: Stage): Promise<void> {
  const { user, visitor } = await stage.person()
  const { slug } = await newSession(stage.db, { user_id: user.id, slug: 'bbbbbbbb', gpu_id: 1 })
  const host = `s-${slug}.medforge.localhost`
  expect((await visitor.get('/auth/session-proxy', { host })).status).toBe(200)
}

/** The edge's question answered as it is served, and by the framework's route alone. */
async function askBoth(api: TestApp, headers: Record<string, string>) {
  const served = await api.visitor().get(`!${QUESTION}`, headers)
  const routed = await api.app.inject({ method: 'GET', url: QUESTION, headers })
  return {
    served: factsOf({ ...served, body: served.text }),
    routed: factsOf({ ...routed, status: routed.statusCode }),
  }
}

function factsOf({
  status,
  headers,
  body,
}: {
  status: number
  headers: Record<string, unknown>
  body: string
}) {
  const shown = Object.entries(headers).filter(
    ([name, value]) => value !== undefined && !OWN_HEADERS.includes(name),
  )
  return {
    status,
    headers: Object.fromEntries(shown),
    body: body.replace(/"request_id":"[^"]+"/, ''),
  }
}

/** Whoever may ask, with what each has to get. */
const ASKERS: Record<string, { status: number; ask: (stage: Stage) => Promise<object> }> = {
  owner: { status: 200, ask: async (stage) => cookieOf(await openRunningSession(stage)) },
  'owner who opens a websocket': {
    status: 200,
    ask: async (stage) => ({
      ...cookieOf(await openRunningSession(stage)),
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      origin: `https://${HOST}`,
    }),
  },
  'page of another host': {
    status: 403,
    ask: async (stage) => ({
      ...cookieOf(await openRunningSession(stage)),
      'x-forwarded-method': 'POST',
      origin: 'https://evil.example',
    }),
  },
  stranger: {
    status: 403,
    ask: async (stage) => {
      await openRunningSession(stage)
      return cookieOf(await stage.person())
    },
  },
  'owner while it starts': {
    status: 404,
    ask: async (stage) => {
      const owner = await stage.person()
      await newSession(stage.db, { user_id: owner.user.id, slug: SLUG, status: 'starting' })
      return cookieOf(owner)
    },
  },
  'owner of another host': {
    status: 404,
    ask: async (stage) => ({ ...cookieOf(await openRunningSession(stage)), host: 'x.localhost' }),
  },
  nobody: { status: 401, ask: async () => ({}) },
  'somebody with two logins': {
    status: 401,
    ask: async () => ({ cookie: 'medforge_session=a; medforge_session=b' }),
  },
  'somebody whose login is gone': {
    status: 401,
    ask: async () => ({ cookie: `medforge_session=${'A'.repeat(43)}` }),
  },
}

function cookieOf({ visitor }: Awaited<ReturnType<Stage['person']>>) {
  return { cookie: visitor.cookie() ?? '' }
}

describe('the question of the edge', () => {
  test.for(Object.entries(ASKERS))(
    'is answered to %s as the route answers it, from memory too, without the framework',
    async ([, { status, ask }], { stage }) => {
      await beginGranting(stage)
      const headers = { ...MINIMAL, ...(await ask(stage)) }
      for (const _ of ['read', 'remembered']) {
        const { served, routed } = await askBoth(stage.api, headers)
        expect(served).toEqual(routed)
        expect(served.status).toBe(status)
      }
      expect(await countHandled(() => stage.api.visitor().get(`!${QUESTION}`, headers))).toBe(0)
    },
  )

  test('is logged like every other', async ({ stage }) => {
    const { ask, user } = await openRunningSession(stage)
    await ask()
    stage.api.logs.length = 0
    const answer = await ask()
    expect(stage.api.logs).toMatchObject([
      {
        level: 'debug',
        msg: 'http.request',
        route: '/api/v1/auth/session-proxy',
        status: 200,
        user_id: user.id,
        request_id: answer.headers['x-request-id'],
      },
    ])
  })

  test.for<[string, Ask, number]>([
    ['another method', { method: 'POST' }, 405],
    ['a body', { headers: { 'content-type': 'application/json' }, body: {} }, 200],
    ['other preferences', { headers: { prefer: 'respond-async' } }, 200],
  ])('goes to the framework with %s', async ([, form, status], { stage }) => {
    const { visitor } = await openRunningSession(stage)
    await visitor.get('/auth/session-proxy', MINIMAL)
    const headers = { ...MINIMAL, ...form.headers }
    let answered = 0
    await countHandled(async () => {
      answered = (await visitor.ask('/auth/session-proxy', { ...form, headers })).status
    })
    expect(answered).toBe(status)
  })

  test('fails once where the database does not answer, with a line of log', async ({ stage }) => {
    const { ask } = await openRunningSession(stage)
    await ask()
    stage.api.clock.advance(251)
    const away = Object.assign(new Error('The database did not answer.'), { code: 'ETIMEDOUT' })
    using read = vi.spyOn(stage.api.context.memory, 'read').mockRejectedValue(away)
    const answer = await ask()
    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toBe('2')
    expect(read).toHaveBeenCalledTimes(1)
    expect(stage.api.logs).toContainEqual(
      expect.objectContaining({ level: 'info', msg: 'http.request', status: 503 }),
    )
  })
})
