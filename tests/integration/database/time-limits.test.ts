import { createHostState } from '@medforge/api/reconciler/host/state.ts'
import { moveAccessEpoch, writeHeartbeat } from '@medforge/core'
import { createDatabase, inTransaction, isDatabaseAway } from '@medforge/db'
import {
  type Answer,
  eventually,
  newHost,
  newSession,
  newUser,
  openTcpProxy,
  type TcpProxy,
} from '@medforge/test-support'
import { type Kysely, sql } from 'kysely'
import { describe, expect } from 'vitest'
import { test as base } from '../app.ts'

const SLUG = 'abcdefgh'
const HOST = `s-${SLUG}.medforge.localhost`
const PARTS = ['docker', 'pool', 'network', 'image', 'firewall', 'ports', 'gpus'] as const

/** A test whose way to the database goes through `proxy`, at `url`. */
const test = base
  .extend('proxy', async ({ database }, { onCleanup }): Promise<TcpProxy> => {
    const { hostname, port } = new URL(database.url)
    const proxy = await openTcpProxy({ host: hostname, port: Number(port) }, { latencyMs: 5_000 })
    onCleanup(() => proxy[Symbol.asyncDispose]())
    return proxy
  })
  .extend('url', ({ database, proxy }) => {
    return Object.assign(new URL(database.url), { port: String(proxy.port) }).href
  })

const connectionId = async (db: Kysely<never>) => {
  const { rows } = await sql<{ id: number }>`SELECT CONNECTION_ID() AS id`.execute(db)
  return rows[0]?.id
}

/** What a promise rejects with. */
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.fail('It was expected to fail.'),
    (error) => error,
  )

describe('a statement without an answer', () => {
  test('ends within its limit, and its connection is not used again', async ({ url, proxy }) => {
    await using db = createDatabase(url, { poolSize: 1, queryLimitMs: 2_500 })
    const before = await connectionId(db as never)
    proxy.setMode('latency')
    expect(isDatabaseAway(await failureOf(connectionId(db as never)))).toBe(true)
    proxy.setMode('pass')
    const { rows } = await sql<{ one: number }>`SELECT 1 AS one`.execute(db)
    expect(rows).toEqual([{ one: 1 }])
    expect(await connectionId(db as never)).not.toBe(before)
  })

  test('rolls its transaction back without a second wait, and says why it failed', async ({
    url,
    proxy,
  }) => {
    await using db = createDatabase(url, { poolSize: 1, queryLimitMs: 2_500 })
    const failure = await failureOf(
      inTransaction(db, async (tx) => {
        await sql`SELECT 1`.execute(tx)
        proxy.setMode('blackhole')
        await sql`SELECT 2`.execute(tx)
      }),
    )
    expect(isDatabaseAway(failure)).toBe(true)
  })

  test('is ended by the server first where that one still lives', async ({ url }) => {
    // The client gives up a fifth later: enough on a busy machine too.
    await using db = createDatabase(url, { poolSize: 1, queryLimitMs: 3_000 })
    const before = await connectionId(db as never)
    const failure = await failureOf(
      sql`SELECT COUNT(*) FROM seq_1_to_1000000 AS a, seq_1_to_1000000 AS b`.execute(db),
    )
    expect(failure).toMatchObject({ errno: 1969 })
    expect(isDatabaseAway(failure)).toBe(true)
    expect(await connectionId(db as never)).toBe(before)
  })

  test('is rolled back with what it changed where its transaction asks no more', async ({
    url,
  }) => {
    await using db = createDatabase(url, { poolSize: 1, queryLimitMs: 2_000 })
    await using other = createDatabase(url, { poolSize: 1 })
    const at = new Date()
    let isMoved = false
    const failure = await failureOf(
      inTransaction(db, async (tx) => {
        await moveAccessEpoch(tx, at)
        // Waits for the lock of the first, which does nothing meanwhile.
        await inTransaction(other, (next) => moveAccessEpoch(next, at))
        isMoved = true
        await sql`SELECT 1`.execute(tx)
      }),
    )
    expect(isMoved).toBe(true)
    expect(isDatabaseAway(failure)).toBe(true)
  })

  test('is waited for where its caller said so', async ({ url, proxy }) => {
    await using db = createDatabase(url, { poolSize: 1, queryLimitMs: 60_000 })
    await sql`SELECT 1`.execute(db)
    proxy.setMode('latency')
    expect(await connectionId(db as never)).toBeGreaterThan(0)
  })
})

describe('a pool', () => {
  test('whose connections all hang refuses those who wait for one, and is whole afterwards', async ({
    url,
    proxy,
  }) => {
    await using db = createDatabase(url, { poolSize: 2 })
    await connectionId(db as never)
    proxy.setMode('blackhole')
    const asked = Array.from({ length: 12 }, () => failureOf(connectionId(db as never)))
    expect((await Promise.all(asked)).map(isDatabaseAway)).toEqual(asked.map(() => true))
    proxy.setMode('pass')
    const again = Array.from({ length: 12 }, () => connectionId(db as never))
    expect(new Set(await Promise.all(again)).size).toBeLessThanOrEqual(2)
  })

  test('can be closed while the database hangs', async ({ url, proxy }) => {
    const db = createDatabase(url, { poolSize: 2 })
    await connectionId(db as never)
    proxy.setMode('blackhole')
    const asked = failureOf(connectionId(db as never))
    await db.destroy()
    await asked
  })

  test('says that the database is away where a connection has closed before it was asked again', async ({
    url,
    proxy,
  }) => {
    await using db = createDatabase(url, { poolSize: 1 })
    await using other = createDatabase(url, { poolSize: 1 })
    const failure = await failureOf(
      inTransaction(db, async (tx) => {
        await sql`SELECT 1`.execute(tx)
        proxy.setMode('reset')
        // By the time that this one has failed, the first is known to be closed.
        await failureOf(connectionId(other as never))
        await sql`SELECT 2`.execute(tx)
      }),
    )
    expect(isDatabaseAway(failure)).toBe(true)
  })

  test('says that the database is away when its connections are reset in a transaction', async ({
    url,
    proxy,
  }) => {
    await using db = createDatabase(url, { poolSize: 1 })
    const failure = await failureOf(
      inTransaction(db, async (tx) => {
        await sql`SELECT 1`.execute(tx)
        proxy.setMode('reset')
        await sql`SELECT 2`.execute(tx)
      }),
    )
    expect(isDatabaseAway(failure)).toBe(true)
  })
})

// Each gets at most one wait of 5 s, whatever it asks the database for.
const PATIENCE_MS = 6_000

describe('the server, with a database that swallows every packet', () => {
  test('refuses within six seconds, lets nobody into a session, and recovers by itself', async ({
    open,
    db,
    url,
    proxy,
  }) => {
    const api = await open({ env: { DATABASE_URL: url } })
    await newHost(db)
    const host = createHostState()
    for (const part of PARTS) host.set(part, null)
    await writeHeartbeat(db, api.clock, host.report())
    const user = await newUser(db)
    await newSession(db, { user_id: user.id, slug: SLUG })
    const visitor = api.visitor()
    await visitor.logIn(user.email)
    const enter = () => visitor.get('/auth/session-proxy', { host: HOST, prefer: 'return=minimal' })
    expect((await enter()).status).toBe(200)
    expect((await visitor.get('!/healthz')).status).toBe(200)

    proxy.setMode('blackhole')
    // What it remembers is too old by now.
    api.clock.advance(251)
    const durations: number[] = []
    async function timed(ask: () => Promise<Answer>): Promise<Answer> {
      const startedMs = performance.now()
      const answer = await ask()
      durations.push(performance.now() - startedMs)
      return answer
    }
    // More than the pool has connections, in two waves: those of the second begin while the first ones hang.
    const wave = () => [
      ...Array.from({ length: 30 }, () => timed(enter)),
      timed(() => visitor.get('/me')),
      timed(() => visitor.get('/sessions')),
      timed(() => visitor.get('/competitions')),
      timed(() => visitor.get('/status')),
      timed(() => visitor.post('/sessions', {})),
      timed(() => visitor.logIn(user.email)),
    ]
    const health = visitor.get('!/healthz')
    const first = wave()
    await Promise.race(first.slice(-6))
    const answers = await Promise.all([...first, ...wave()])
    for (const answer of answers) {
      expect(answer.status).toBe(503)
      expect(answer.problem().code).toBe('service_unavailable')
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
      expect(answer.headers['x-upstream']).toBeUndefined()
    }
    expect((await health).status).toBe(503)
    expect(Math.max(...durations)).toBeLessThan(PATIENCE_MS)

    proxy.setMode('pass')
    await eventually(async () => (await enter()).status === 200)
    expect((await visitor.get('!/healthz')).status).toBe(200)
    expect(await db.selectFrom('sessions').select('id').execute()).toHaveLength(1)
  })

  test('names the file systems of the pool where those do not answer either', async ({
    open,
    db,
    url,
    proxy,
  }) => {
    const api = await open({ env: { DATABASE_URL: url }, poolFiles: 'silent' })
    const user = await newUser(db)
    const visitor = api.visitor()
    await visitor.logIn(user.email)
    proxy.setMode('blackhole')
    const asked = [visitor.post('/sessions', {}), visitor.get('/me')]
    const [health, ...refusals] = await Promise.all([visitor.get('!/healthz'), ...asked])
    expect(health.status).toBe(503)
    expect(JSON.parse(health.text).data.reasons).toEqual([
      'The file systems of the pool do not answer.',
      expect.stringContaining('The database'),
    ])
    for (const refused of refusals) {
      expect(refused.status).toBe(503)
      expect(refused.problem().detail).toMatch(
        /^The file systems of the pool do not answer. The database does not answer right now./,
      )
    }
  })
})
