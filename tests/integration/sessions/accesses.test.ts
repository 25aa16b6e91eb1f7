import { randomBytes } from 'node:crypto'
import { createLogger } from '@medforge/api/lib/logger.ts'
import { createAccessSweep } from '@medforge/api/reconciler/access-sweep.ts'
import { HostAwayError } from '@medforge/api/reconciler/host-error.ts'
import { createAccessLog } from '@medforge/api/sessions/accesses.ts'
import type { DB } from '@medforge/db'
import { asProcess, createFakeClock, eventually } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { describe, expect, onTestFinished } from 'vitest'
import { collectLines, type LogLine, test } from '../app.ts'

const SESSION = '3f0c7d0e-0000-4000-8000-000000000001'
const TOKEN = randomBytes(32)
const { signal } = new AbortController()

/** A server's notes on a database that takes no rows while it is read-only. */
function openLog(db: Kysely<DB>) {
  const state = {
    isReadOnly: false,
    statements: 0,
    /** More are refused. */
    statementsMax: Number.POSITIVE_INFINITY,
  }
  const readOnly = db.withPlugin({
    transformQuery({ node }) {
      if (node.kind !== 'InsertQueryNode') return node
      if (state.isReadOnly || state.statements >= state.statementsMax) {
        throw new Error('The database is read-only.')
      }
      state.statements += 1
      return node
    },
    transformResult: async ({ result }) => result,
  })
  const lines: LogLine[] = []
  const clock = createFakeClock()
  const logger = createLogger('server', 'info', collectLines(lines))
  const log = createAccessLog({ db: readOnly, clock, logger, idleTtlSeconds: 604_800 })
  onTestFinished(() => log[Symbol.asyncDispose]())
  const enter = (client: string | undefined, tokenHash = TOKEN, sessionId = SESSION) =>
    log.note({ tokenHash, sessionId }, client)
  const rows = () => db.selectFrom('session_accesses').selectAll().orderBy('id').execute()
  const clients = async () => (await rows()).map(({ client }) => client)
  return { log, enter, rows, clients, state, lines, clock }
}

describe(createAccessLog, () => {
  test('writes who entered by itself, soon after', async ({ db }) => {
    const { enter, rows } = openLog(db)
    enter('192.0.2.7:50000 HTTP/1.1')
    enter('[2001:db8::7]:50001 HTTP/2.0')
    await eventually(async () => (await rows()).length > 0)
    expect(await rows()).toMatchObject([
      { token_hash: TOKEN, session_id: SESSION, client: '192.0.2.7:50000', is_multiplexed: false },
      {
        client: '[2001:db8::7]:50001',
        is_multiplexed: true,
        seen_at: '2026-03-01 12:00:00.000000',
      },
    ])
  })

  test('keeps one row of what is used again, as the newest', async ({ db }) => {
    const { log, enter, clients } = openLog(db)
    const [first, second] = ['192.0.2.7:50000 HTTP/1.1', '192.0.2.7:50001 HTTP/1.1']
    for (const client of [first, second, first]) enter(client)
    await log.flush()
    expect(await clients()).toEqual(['192.0.2.7:50001', '192.0.2.7:50000'])
    enter(second)
    await log.flush()
    expect(await clients()).toEqual(['192.0.2.7:50000', '192.0.2.7:50001'])
  })

  test('keeps one row of connections that nobody knows', async ({ db }) => {
    const { log, enter, clients } = openLog(db)
    for (const client of [undefined, 'nonsense', undefined]) enter(client)
    await log.flush()
    enter(undefined)
    await log.flush()
    expect(await clients()).toEqual([null])
  })

  test('writes what could not be written as soon as it can, in its order', async ({ db }) => {
    const { log, enter, clients, state } = openLog(db)
    const at = (port: number) => enter(`192.0.2.7:${port} HTTP/1.1`)
    await log.flush()
    state.isReadOnly = true
    at(1)
    at(2)
    await expect(log.flush()).rejects.toThrow('read-only')
    at(1)
    at(3)
    state.isReadOnly = false
    await log.flush()
    expect(await clients()).toEqual([2, 1, 3].map((port) => `192.0.2.7:${port}`))
  })

  test('writes what is left of many where a later statement of several failed', async ({ db }) => {
    const { log, enter, clients, state } = openLog(db)
    await log.flush()
    const ports = Array.from({ length: 250 }, (_, index) => index + 1)
    for (const port of ports) enter(`192.0.2.7:${port} HTTP/1.1`)
    state.statementsMax = state.statements + 1
    await expect(log.flush()).rejects.toThrow('read-only')
    expect(await clients()).toHaveLength(100)
    state.statementsMax = Number.POSITIVE_INFINITY
    await log.flush()
    expect(await clients()).toEqual(ports.map((port) => `192.0.2.7:${port}`))
  })

  test('distinguishes at most a thousand connections that wait to be written', async ({ db }) => {
    const { log, enter, rows } = openLog(db)
    for (let port = 1; port <= 1_500; port += 1) enter(`192.0.2.7:${port} HTTP/1.1`)
    await log.flush()
    const written = await rows()
    expect(written).toHaveLength(1_001)
    expect(written.filter(({ client }) => client === null)).toHaveLength(1)
  })

  test('gathers what comes while a statement runs in the next one', async ({ db }) => {
    const { log, enter, clients, state } = openLog(db)
    await log.flush()
    const before = state.statements
    enter('192.0.2.7:1 HTTP/1.1')
    const flushes = [log.flush()]
    await null
    for (let port = 2; port <= 20; port += 1) {
      enter(`192.0.2.7:${port} HTTP/1.1`)
      flushes.push(log.flush())
    }
    await Promise.all(flushes)
    expect(state.statements - before).toBeLessThanOrEqual(2)
    expect(await clients()).toHaveLength(20)
  })

  test('is ready at once where the server before closed nothing, even on a database that takes no rows', async ({
    db,
  }) => {
    const { log, state } = openLog(db)
    state.isReadOnly = true
    expect(log.isReady).toBe(false)
    await log.ready()
    expect(log.isReady).toBe(true)
  })

  test('is not ready before it has opened what the server before closed', async ({ db }) => {
    const before = openLog(db)
    await before.log.flush()
    await before.log[Symbol.asyncDispose]()
    const { log, state } = openLog(db)
    state.isReadOnly = true
    await expect(log.ready()).rejects.toThrow('read-only')
    expect(log.isReady).toBe(false)
    state.isReadOnly = false
    await Promise.all([log.ready(), log.ready()])
    expect(log.isReady).toBe(true)
  })

  test('ends while the database refuses, and says how much was lost', async ({ db }) => {
    const { log, enter, state, lines } = openLog(db)
    await log.flush()
    enter('192.0.2.7:1 HTTP/1.1')
    state.isReadOnly = true
    await log[Symbol.asyncDispose]()
    const [line] = lines.filter(({ msg }) => msg === 'session.accesses.not_closed')
    expect(line).toMatchObject({ level: 'warn', accesses: 1 })
  })
})

describe(createAccessSweep, () => {
  function openSweep(db: Kysely<DB>, listPeers: () => Promise<Set<string>>) {
    const opened = openLog(db)
    const cut = async () => ({ clients: [], sessions: [] })
    const sweep = createAccessSweep({
      db: asProcess(db, 'reconciler'),
      clock: opened.clock,
      flows: { cut, listPeers },
    })
    return { ...opened, sweep }
  }

  test('forgets connections that are closed, every ten minutes', async ({ db }) => {
    const { log, enter, clients, clock, sweep } = openSweep(
      db,
      async () => new Set(['192.0.2.7:2', '172.30.1.3:8000']),
    )
    enter('192.0.2.7:1 HTTP/1.1')
    enter('192.0.2.7:2 HTTP/2.0')
    enter(undefined)
    await log.flush()
    await sweep.runIfDue(signal)
    expect(await clients()).toHaveLength(3)
    clock.advance(600_000)
    await sweep.runIfDue(signal)
    expect(await clients()).toEqual(['192.0.2.7:2', null])
  })

  test('comes at once where there are many', async ({ db }) => {
    const { log, enter, clients, sweep } = openSweep(db, async () => new Set())
    for (let port = 1; port <= 2_001; port += 1) {
      enter(`192.0.2.7:${port} HTTP/1.1`)
      if (port % 900 === 0) await log.flush()
    }
    await log.flush()
    await sweep.runIfDue(signal)
    expect(await clients()).toEqual([])
  })

  test('keeps a connection that came back while the edge was asked', async ({ db }) => {
    const { log, enter, clients, clock, sweep } = openSweep(db, async () => {
      enter('192.0.2.7:1 HTTP/1.1')
      await log.flush()
      return new Set()
    })
    enter('192.0.2.7:1 HTTP/1.1')
    await log.flush()
    clock.advance(600_000)
    await sweep.runIfDue(signal)
    expect(await clients()).toEqual(['192.0.2.7:1'])
  })

  test('forgets nothing where the edge cannot be asked', async ({ db }) => {
    const { log, enter, clients, clock, sweep } = openSweep(db, async () => {
      throw new HostAwayError('Docker is away.')
    })
    enter('192.0.2.7:1 HTTP/1.1')
    await log.flush()
    clock.advance(600_000)
    await expect(sweep.runIfDue(signal)).rejects.toThrow(HostAwayError)
    expect(await clients()).toEqual(['192.0.2.7:1'])
  })
})
