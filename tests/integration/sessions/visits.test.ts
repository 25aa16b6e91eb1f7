import { randomUUID } from 'node:crypto'
import { createLogger } from '@medforge/api/lib/logger.ts'
import type { ProxyDecision } from '@medforge/api/sessions/proxy.ts'
import { createVisitLog } from '@medforge/api/sessions/visits.ts'
import type { DB } from '@medforge/db'
import { createFakeClock, eventually, newUser } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { describe, expect } from 'vitest'
import { collectLines, type LogLine, test } from '../app.ts'

const RETRY = { firstMs: 5, maxMs: 20 }

/** A visit log on a database that takes no rows while `refusing` is set. */
async function openVisits(db: Kysely<DB>, retry = RETRY) {
  const state = { refusing: true, onWritten: () => {} }
  const readOnly = db.withPlugin({
    transformQuery({ node }) {
      if (state.refusing) throw new Error('The database is read-only.')
      return node
    },
    async transformResult({ result }) {
      state.onWritten()
      return result
    },
  })
  const logs: LogLine[] = []
  const clock = createFakeClock()
  const logger = createLogger('server', 'info', collectLines(logs))
  const visits = createVisitLog({ db: readOnly, clock, logger, retry })
  const admin = await newUser(db, { role: 'admin' })
  const visit = (sessionId: string, userId = admin.id): string => {
    const tokenHash = Buffer.alloc(32)
    const decision: ProxyDecision = { upstream: '', userId, tokenHash, sessionId, ownerId: 'owner' }
    const requestId = randomUUID()
    visits.note(decision, requestId)
    return requestId
  }
  const rows = () => db.selectFrom('audit_events').selectAll().orderBy('id').execute()
  const countOf = (msg: string) => logs.filter((line) => line.msg === msg).length
  return { state, visits, visit, rows, clock, logs, countOf, admin }
}

describe(createVisitLog, () => {
  test('writes a visit that could not be written as soon as it can, with its own time, and once', async ({
    db,
  }) => {
    const { state, visits, visit, rows, clock, countOf, admin } = await openVisits(db)
    const requestId = visit('a')
    await eventually(async () => countOf('audit.failed') >= 3)
    clock.advance(30_000)
    visit('a')
    clock.advance(90_000)
    visit('a')
    expect(await rows()).toEqual([])
    state.refusing = false
    await eventually(async () => (await rows()).length > 0)
    await visits[Symbol.asyncDispose]()
    expect(await rows()).toMatchObject([
      { actor_user_id: admin.id, action: 'session.visit', subject: 'a', request_id: requestId },
    ])
    expect((await rows())[0]?.at).toBe('2026-03-01 12:00:00.000000')
  })

  test('lets no visit that is refused hold up another', async ({ db }) => {
    const { state, visits, visit, rows, countOf } = await openVisits(db)
    state.refusing = false
    // Nobody has this id, so the row never fits.
    visit('a', randomUUID())
    visit('b')
    await eventually(async () => (await rows()).length > 0)
    await eventually(async () => countOf('audit.failed') >= 3)
    expect((await rows()).map(({ subject }) => subject)).toEqual(['b'])
    await visits[Symbol.asyncDispose]()
  })

  test('writes a visit that comes at whichever moment in which the one before is done', async ({
    db,
  }) => {
    const { state, visits, visit, rows } = await openVisits(db)
    state.refusing = false
    for (let moments = 0; moments < 20; moments += 1) {
      state.onWritten = async () => {
        state.onWritten = () => {}
        for (let nth = 0; nth < moments; nth += 1) await null
        visit(`after ${moments}`)
      }
      visit(`before ${moments}`)
      await eventually(async () => expect(await rows()).toHaveLength(2 * moments + 2))
    }
    await visits[Symbol.asyncDispose]()
  })

  test('keeps a bounded number of visits, and takes more once they are written', async ({ db }) => {
    const { state, visits, visit, rows } = await openVisits(db, { firstMs: 60_000, maxMs: 60_000 })
    for (let nth = 0; nth < 1_500; nth += 1) visit(`s${nth}`)
    state.refusing = false
    await visits[Symbol.asyncDispose]()
    expect(await rows()).toHaveLength(1_000)
    visit('s1499')
    await eventually(async () => (await rows()).length === 1_001)
  })

  test('ends while the database refuses, and leaves what it could not write in the log', async ({
    db,
  }) => {
    const { visits, visit, countOf, logs } = await openVisits(db, {
      firstMs: 60_000,
      maxMs: 60_000,
    })
    const requestIds = [visit('a'), visit('b')]
    await eventually(async () => countOf('audit.failed') > 0)
    await visits[Symbol.asyncDispose]()
    const lost = logs.filter(({ msg }) => msg === 'audit.lost')
    expect(lost.map(({ request_id }) => request_id).toSorted()).toEqual(requestIds.toSorted())
  })
})
