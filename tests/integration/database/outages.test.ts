import { createHostState } from '@medforge/api/reconciler/host/state.ts'
import { writeHeartbeat } from '@medforge/core'
import { createDatabase, type DB, migrateToLatest } from '@medforge/db'
import {
  eventually,
  type Mariadb,
  newHost,
  newSession,
  newUser,
  openMariadb,
} from '@medforge/test-support'
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestApp, type TestApp } from '../app.ts'

/*
 * A MariaDB of this file's own, which dies and refuses to write; the server reaches it with an account as the platform's, which cannot
 * pass over `read_only`.
 */
const SLUG = 'abcdefgh'
const HOST = `s-${SLUG}.medforge.localhost`
const PARTS = ['docker', 'pool', 'network', 'image', 'firewall', 'ports', 'gpus'] as const

let server: Mariadb
let api: TestApp
let operator: Kysely<DB>

beforeAll(async () => {
  server = await openMariadb({ isDurable: true })
  await using root = createDatabase(server.url, { poolSize: 1 })
  await sql`CREATE DATABASE medforge CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`.execute(root)
  await sql`CREATE USER platform@'127.0.0.1' IDENTIFIED BY 'platform'`.execute(root)
  await sql`GRANT SELECT, INSERT, UPDATE, DELETE ON medforge.* TO platform@'127.0.0.1'`.execute(
    root,
  )
  const own = Object.assign(new URL(server.url), { pathname: '/medforge' }).href
  await migrateToLatest(own)
  operator = createDatabase(own, { poolSize: 4 })
  await newHost(operator)
  api = await openTestApp(own.replace('test:test', 'platform:platform'))
  const host = createHostState()
  for (const part of PARTS) host.set(part, null)
  await writeHeartbeat(operator, api.clock, host.report())
})

afterAll(async () => {
  await api[Symbol.asyncDispose]()
  await operator.destroy()
  await server[Symbol.asyncDispose]()
})

const unforeseen = () => api.logs.filter(({ msg }) => msg === 'request failed')

describe('a database that cannot write', () => {
  test('stops what changes something with 503, and nothing is half made; reading goes on', async () => {
    const user = await newUser(operator)
    await newSession(operator, { user_id: user.id, slug: SLUG, gpu_id: 6 })
    const visitor = api.visitor()
    await visitor.logIn(user.email)
    await operator.updateTable('users').set({ max_concurrent_sessions: 7 }).execute()
    // A server that runs has written that it keeps who enters; without that nobody gets in.
    expect(
      (await visitor.get('/auth/session-proxy', { host: HOST, prefer: 'return=minimal' })).status,
    ).toBe(200)
    await sql`SET GLOBAL read_only = 1`.execute(operator)
    try {
      for (const path of ['/me', '/sessions', '/competitions', '/status']) {
        expect((await visitor.get(path)).status).toBe(200)
      }
      expect(
        (await visitor.get('/auth/session-proxy', { host: HOST, prefer: 'return=minimal' })).status,
      ).toBe(200)
      const [session] = (await visitor.get('/sessions')).data<{ id: string }[]>()
      for (const [path, body] of [
        ['/sessions', {}],
        [`/sessions/${session?.id}/stop`, undefined],
        ['/auth/signup', { email: 'nobody@people.test', password: 'correct horse battery' }],
      ] as const) {
        const answer = await visitor.post(path, body)
        expect(answer.status).toBe(503)
        expect(answer.problem().code).toBe('service_unavailable')
        expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
      }
    } finally {
      await sql`SET GLOBAL read_only = 0`.execute(operator)
    }
    expect(await operator.selectFrom('sessions').select('status').execute()).toEqual([
      { status: 'running' },
    ])
    const launched = await visitor.post('/sessions', {}, { prefer: 'respond-async' })
    expect(launched.status).toBe(201)
    expect(unforeseen()).toEqual([])
  })
})

const CLIENTS = 4
const DONE_AFTER = 12

describe('a database that is killed under load and comes back', () => {
  test('costs refusals only: nothing that was acknowledged is lost, and nothing is a 500', async () => {
    await operator.updateTable('users').set({ max_concurrent_sessions: 7 }).execute()
    const statuses = new Set<number>()
    const people: string[] = []
    const sessions: string[] = []
    let isOver = false

    async function work(client: number): Promise<void> {
      for (let round = 0; !isOver; round += 1) {
        const visitor = api.visitor()
        const email = `load-${client}-${round}@people.test`
        const signedUp = await visitor.post('/auth/signup', {
          email,
          password: 'correct horse battery staple',
        })
        statuses.add(signedUp.status)
        if (signedUp.status !== 201) continue
        people.push(email)
        const launched = await visitor.post('/sessions', {}, { prefer: 'respond-async' })
        statuses.add(launched.status)
        if (launched.status !== 201) continue
        const { session } = launched.data<{ session: { id: string } }>()
        sessions.push(session.id)
        // Frees the GPU for the next: there is no reconciler here that would.
        await operator
          .updateTable('sessions')
          .set({ status: 'error' })
          .where('id', '=', session.id)
          .execute()
          .catch(() => {})
      }
    }

    const clients = Array.from({ length: CLIENTS }, (_, client) => work(client))
    const enough = (count: number) =>
      eventually(() => people.length >= count, { timeoutMs: 20_000 })
    await enough(DONE_AFTER)
    await server.kill()
    await eventually(() => statuses.has(503), { timeoutMs: 20_000 })
    await server.start()
    const before = people.length
    await enough(before + DONE_AFTER)
    isOver = true
    await Promise.all(clients)

    const known = await operator.selectFrom('users').select('email').execute()
    expect(people.filter((email) => !known.some((user) => user.email === email))).toEqual([])
    const kept = await operator.selectFrom('sessions').select('id').execute()
    expect(sessions.filter((id) => !kept.some((session) => session.id === id))).toEqual([])
    expect([...statuses].filter((status) => ![201, 409, 503].includes(status))).toEqual([])
    expect(unforeseen()).toEqual([])
  })
})
