import type { SessionEvent } from '@medforge/contracts'
import { eventually } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { type Stage, sessionOf, test } from './stage.ts'

/** Opens a real port for streams: what is not yet there cannot be injected. */
async function listen({ api }: Stage): Promise<string> {
  return api.app.listen({ host: '127.0.0.1', port: 0 })
}

type Message = { id: string; event: string; data: SessionEvent }

/** The messages of a stream, one after the other as they come. */
async function* readMessages(response: Response): AsyncGenerator<Message> {
  let pending = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    pending += decoder.decode(chunk, { stream: true })
    const blocks = pending.split('\n\n')
    pending = blocks.pop() ?? ''
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block.split('\n').map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)]),
      )
      if (fields.data) yield { ...fields, data: JSON.parse(fields.data) } as Message
    }
  }
}

async function collect(response: Response): Promise<Message[]> {
  const messages: Message[] = []
  for await (const message of readMessages(response)) messages.push(message)
  return messages
}

function words(messages: Message[]): (string | null)[] {
  return messages.map(({ data }) => data.step ?? data.to_status)
}

const LAUNCH = ['starting', 'allocated', 'workspace', 'container', 'ready', 'running']
const STOP = ['stopping', 'container_removed', 'snapshot', 'stopped']

describe('GET /sessions/{id}/events', () => {
  test('streams a launch and a stop live, from the first event to the last, and then ends', async ({
    stage,
  }) => {
    stage.ide.isReady = false
    const base = await listen(stage)
    const { visitor } = await stage.person()
    const { id } = sessionOf(await visitor.post('/sessions', {}, { prefer: 'respond-async' }))
    const cookie = visitor.cookie() ?? ''
    const response = await fetch(`${base}/api/v1/sessions/${id}/events`, { headers: { cookie } })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect(response.headers.get('x-request-id')).toBeTruthy()
    const messages: Message[] = []
    for await (const message of readMessages(response)) {
      messages.push(message)
      if (message.data.step === 'container') stage.ide.isReady = true
      if (message.data.to_status === 'running') await visitor.post(`/sessions/${id}/stop`)
    }
    expect(words(messages)).toEqual([...LAUNCH, ...STOP])
    const ids = messages.map((message) => Number(message.id))
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    expect(messages.every(({ event, data }) => event === data.kind)).toBe(true)
  })

  test("ends for a former admin who reads somebody else's, however many events there are", {
    timeout: 40_000,
  }, async ({ stage, db }) => {
    const base = await listen(stage)
    const owner = await stage.person()
    const admin = await stage.person({ role: 'admin' })
    const other = await stage.person({ role: 'admin' })
    const { id } = sessionOf(await owner.visitor.post('/sessions', {}))
    const cookie = admin.visitor.cookie() ?? ''
    const response = await fetch(`${base}/api/v1/sessions/${id}/events`, { headers: { cookie } })
    const me = (await admin.visitor.get('/me')).data<{ user_id: string }>()
    const change = { method: 'PATCH' as const, body: { role: 'user' } }
    expect((await other.visitor.ask(`/admin/users/${me.user_id}`, change)).status).toBe(200)
    const copy = () =>
      db
        .insertInto('session_events')
        .columns(['session_id', 'kind', 'step', 'at'])
        .expression((eb) =>
          eb
            .selectFrom('session_events')
            .select(['session_id', 'kind', 'step', 'at'])
            .where('session_id', '=', id)
            .where('step', '=', 'container')
            .limit(1),
        )
        .execute()
    // Each message brings the next one, so that the stream is never silent.
    let read = 0
    for await (const _message of readMessages(response)) {
      read += 1
      if (read >= LAUNCH.length) await copy()
    }
    expect(read).toBeGreaterThan(LAUNCH.length)
    const { status } = (await owner.visitor.get(`/sessions/${id}`)).data<{ status: string }>()
    expect(status).toBe('running')
  })

  test('resumes after Last-Event-ID, and answers 204 when nothing is left', async ({ stage }) => {
    const base = await listen(stage)
    const { visitor } = await stage.person()
    const { id } = sessionOf(await visitor.post('/sessions', {}))
    await visitor.post(`/sessions/${id}/stop`)
    await stage.reconciler.idle()
    const cookie = visitor.cookie() ?? ''
    const open = (headers: Record<string, string>) =>
      fetch(`${base}/api/v1/sessions/${id}/events`, { headers: { cookie, ...headers } })
    const all = await collect(await open({}))
    expect(words(all)).toEqual([...LAUNCH, ...STOP])
    const rest = await collect(await open({ 'last-event-id': all[6]?.id ?? '' }))
    expect(words(rest)).toEqual(STOP.slice(1))
    expect((await open({ 'last-event-id': all.at(-1)?.id ?? '' })).status).toBe(204)
    expect(words(await collect(await open({ 'last-event-id': 'nonsense' })))).toHaveLength(10)
  })

  test('has the medians of steps, once they are known', async ({ stage, db }) => {
    const base = await listen(stage)
    const { visitor } = await stage.person()
    const { id } = sessionOf(await visitor.post('/sessions', {}))
    await visitor.post(`/sessions/${id}/stop`)
    await stage.reconciler.idle()
    await db
      .updateTable('session_events')
      .set({ duration_ms: 40 })
      .where('kind', '=', 'step')
      .execute()
    const cookie = visitor.cookie() ?? ''
    const messages = await collect(
      await fetch(`${base}/api/v1/sessions/${id}/events`, { headers: { cookie } }),
    )
    const usual = new Map(messages.map(({ data }) => [data.step ?? data.to_status, data.usual_ms]))
    expect(usual.get('workspace')).toBe(40)
    expect(usual.get('starting')).toBe(160)
    expect(usual.get('stopping')).toBe(80)
    expect(usual.get('running')).toBeNull()
  })

  test('is for the owner and for admins', async ({ stage }) => {
    const { visitor } = await stage.person()
    const { id } = sessionOf(await visitor.post('/sessions', {}))
    const stranger = await stage.person()
    expect((await stranger.visitor.get(`/sessions/${id}/events`)).status).toBe(403)
    expect((await stage.api.visitor().get(`/sessions/${id}/events`)).status).toBe(401)
    const nowhere = '00000000-0000-4000-8000-000000000000'
    expect((await stranger.visitor.get(`/sessions/${nowhere}/events`)).status).toBe(404)
  })

  test('leaves nothing behind when its reader goes away', async ({ stage }) => {
    const base = await listen(stage)
    const { visitor } = await stage.person()
    const { id } = sessionOf(await visitor.post('/sessions', {}))
    const leaving = new AbortController()
    const response = await fetch(`${base}/api/v1/sessions/${id}/events`, {
      headers: { cookie: visitor.cookie() ?? '' },
      signal: leaving.signal,
    })
    const reader = readMessages(response)
    await reader.next()
    leaving.abort()
    await expect(reader.next())
      .resolves.toBeDefined()
      .catch(() => {})
    await stage.api.app.close()
  })

  test('refuses a person more than 32 streams at once, and counts only those that are open', async ({
    stage,
  }) => {
    const base = await listen(stage)
    const { visitor } = await stage.person()
    const { id } = sessionOf(await visitor.post('/sessions', {}))
    const cookie = visitor.cookie() ?? ''
    const leaving = new AbortController()
    const open = () =>
      fetch(`${base}/api/v1/sessions/${id}/events`, { headers: { cookie }, signal: leaving.signal })
    const answers = await Promise.all(Array.from({ length: 33 }, open))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([
      ...Array<number>(32).fill(200),
      429,
    ])
    await Promise.all(answers.filter(({ status }) => status === 429).map((answer) => answer.text()))
    leaving.abort()
    await eventually(async () => {
      const once = new AbortController()
      const { status } = await fetch(`${base}/api/v1/sessions/${id}/events`, {
        headers: { cookie },
        signal: once.signal,
      })
      once.abort()
      expect(status).toBe(200)
    })
    // The client opens new connections for the ones that it cut; the server would wait for them.
    stage.api.app.server.closeAllConnections()
  })
})
