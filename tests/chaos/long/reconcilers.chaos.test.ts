import { createDatabase } from '@medforge/db'
import { sql } from 'kysely'
import { afterAll, afterEach, describe, expect, onTestFinished } from 'vitest'
import { eventually } from '../../support/installation.ts'
import { type Chaos, createChooser, HEAL_MS, openChaos } from '../support/chaos.ts'
import { test } from '../support/test.ts'

let chaos: Chaos

test.beforeAll(async ({ plane }) => {
  chaos = await openChaos(plane)
  await chaos.allUp()
})
afterEach(() => chaos.stopAll())
afterAll(() => chaos?.[Symbol.asyncDispose]())

describe('two reconcilers', () => {
  async function begin(failpoints: string): Promise<void> {
    await chaos.plane.restart('reconciler', { failpoints })
    // Each point is passed once by whoever comes first.
    await chaos.plane.restart('second-reconciler', { failpoints })
    onTestFinished(() => chaos.plane.kill('second-reconciler', { stay: 'dead' }))
  }

  test('make one container and one snapshot, also when either has lost its lead without knowing', async () => {
    await begin('c5.container_created=once:sleep:4000,s4.removed=once:sleep:4000')
    const { client, id } = await chaos.launched({ isAsync: true })
    await chaos.plane.reached('c5.container_created')
    await takeLeadAway()
    await chaos.settle('two reconcilers launch')
    expect((await client.read(id))?.status).toBe('running')
    await client.stop(id)
    await chaos.plane.reached('s4.removed')
    await takeLeadAway()
    await chaos.settle('two reconcilers stop')
    expect((await client.read(id))?.status).toBe('stopped')
  })

  test('start no container of a session that the other has ended meanwhile', async () => {
    await begin('c5.container_created=once:sleep:15000')
    const { client, id } = await chaos.launched({ isAsync: true })
    await chaos.plane.reached('c5.container_created')
    await takeLeadAway()
    await client.stop(id)
    await eventually(
      async () => (await client.read(id))?.status === 'stopped',
      'the other reconciler has stopped it',
      { timeoutMs: HEAL_MS },
    )
    await chaos.settle('ended by the other during a start')
    const lives = chaos.witness.lifetimes().filter(({ sessionId }) => sessionId === id)
    expect(lives.length).toBeGreaterThan(0)
    expect(lives.map(({ startedNs }) => startedNs)).toEqual(lives.map(() => null))
  })
})

const KILLS = 8

const kill = () => chaos.plane.kill('reconciler')
/** The next kill comes before it is at work again, as soon as it is, or once it takes sessions. */
const strike = [
  kill,
  () => kill().then(() => chaos.plane.ready('reconciler')),
  () => chaos.disturb(kill),
]

describe('a reconciler that is killed again and again', () => {
  test('brings every session to its goal once it is left alone', async () => {
    // The lead may be on its way from the second reconciler of the test before.
    await chaos.plane.restart('reconciler')
    const choose = createChooser(7)
    const sessions = await Promise.all([1, 2, 3, 4].map(() => chaos.launched({ isAsync: true })))
    const stops: Promise<unknown>[] = []
    for (let round = 0; round < KILLS; round += 1) {
      await strike[choose(strike.length)]?.()
      const someone = sessions[choose(2 * sessions.length)]
      if (someone) stops.push(someone.client.stop(someone.id))
    }
    await Promise.all(stops)
    await chaos.plane.ready('reconciler')
    await chaos.settle('the reconciler killed in a loop')
  })
})

/** Ends the connection that holds the lock of the lead, as a database does that restarts. */
async function takeLeadAway(): Promise<void> {
  const { rows } = await sql<{ id: number | null }>`
    SELECT IS_USED_LOCK(CONCAT('medforge.reconciler.', DATABASE())) AS id`.execute(chaos.db)
  const id = Number(rows[0]?.id)
  expect(id).toBeGreaterThan(0)
  const { DB_RECONCILER_PASSWORD: password } = chaos.installation.settings
  // Only its own user may.
  const url = `mysql://medforge_reconciler:${password}@172.30.1.5:3306/medforge`
  await using own = createDatabase(url, { poolSize: 1 })
  await sql`KILL CONNECTION ${sql.lit(id)}`.execute(own)
}
