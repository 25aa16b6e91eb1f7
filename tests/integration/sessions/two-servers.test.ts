import { describe, expect } from 'vitest'
import type { TestApp } from '../app.ts'
import { type Stage, sessionOf, test, type User } from './stage.ts'

/* Two server processes on one database, with one reconciler that hears the first of them only (F24). */

const ASYNC = { prefer: 'respond-async' }

async function signedIn(server: TestApp, user: User) {
  const visitor = server.visitor()
  await visitor.logIn(user.email)
  return visitor
}

/** Somebody with a browser at each of the two. */
async function personAtBoth(stage: Stage, second: TestApp) {
  const { user, visitor } = await stage.person()
  return { user, visitors: [visitor, await signedIn(second, user)] as const }
}

describe('two servers', () => {
  test('give each of seven GPUs to one of twenty people', async ({ stage, open, db }) => {
    const second = await open()
    const people = await Promise.all(Array.from({ length: 20 }, () => personAtBoth(stage, second)))
    const answers = await Promise.all(
      people.map(({ visitors }, index) =>
        visitors[index % 2 === 0 ? 0 : 1].post('/sessions', {}, ASYNC),
      ),
    )
    const won = answers.filter(({ status }) => status === 201)
    expect(new Set(won.map((answer) => sessionOf(answer).gpu_id)).size).toBe(7)
    const refused = answers.filter(({ status }) => status !== 201)
    expect(refused.map((answer) => answer.problem().code)).toEqual(
      Array.from({ length: 13 }, () => 'no_gpu_available'),
    )
    await stage.pass()
    const rows = await db.selectFrom('sessions').select('status').execute()
    expect(rows.map(({ status }) => status)).toEqual(won.map(() => 'running'))
  })

  test('give one session to one person who asks both ten times at once', async ({
    stage,
    open,
    db,
  }) => {
    const { visitors } = await personAtBoth(stage, await open())
    const asked = Array.from({ length: 10 }, (_, index) => visitors[index % 2 === 0 ? 0 : 1])
    const answers = await Promise.all(asked.map((visitor) => visitor.post('/sessions', {}, ASYNC)))
    const codes = answers.map((answer) => (answer.status === 201 ? 'won' : answer.problem().code))
    expect(codes.filter((code) => code !== 'concurrent_limit_reached')).toEqual(['won'])
    expect(await db.selectFrom('sessions').select('id').execute()).toHaveLength(1)
  })

  test('make one stop with one snapshot of fifty that come to both', async ({
    stage,
    open,
    db,
  }) => {
    const { visitors } = await personAtBoth(stage, await open())
    const session = sessionOf(await visitors[0].post('/sessions', {}))
    const stops = Array.from({ length: 50 }, (_, index) =>
      visitors[index % 2 === 0 ? 0 : 1].post(`/sessions/${session.id}/stop`),
    )
    const statuses = (await Promise.all(stops)).map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([202]))
    await stage.pass()
    expect((await stage.row(session.id)).status).toBe('stopped')
    expect(stage.workspaces.datasets.get(session.workspace_zfs)).toHaveLength(1)
    const moves = await db
      .selectFrom('session_events')
      .select('to_status')
      .where('session_id', '=', session.id)
      .where('to_status', '=', 'stopping')
      .execute()
    expect(moves).toHaveLength(1)
  })

  test('let nobody into a session that was stopped at the other 250 ms ago', async ({
    stage,
    open,
  }) => {
    const second = await open()
    const { visitors } = await personAtBoth(stage, second)
    const session = sessionOf(await visitors[0].post('/sessions', {}))
    const host = `s-${session.slug}.medforge.localhost`
    const knock = () => visitors[1].get('/auth/session-proxy', { host, prefer: 'return=minimal' })
    expect((await knock()).status).toBe(200)
    await visitors[0].post(`/sessions/${session.id}/stop`)
    second.clock.advance(251)
    expect((await knock()).status).toBe(404)
  })
})
