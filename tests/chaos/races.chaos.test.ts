import type { FailpointName } from '@medforge/api/lib/failpoints.ts'
import { createDatabase } from '@medforge/db'
import { sql } from 'kysely'
import { afterAll, afterEach, describe, expect, onTestFinished } from 'vitest'
import { eventually } from '../support/installation.ts'
import { type Chaos, createChooser, HEAL_MS, isLong, openChaos } from './support/chaos.ts'
import type { Client } from './support/clients.ts'
import { test } from './support/test.ts'

let chaos: Chaos

test.beforeAll(async ({ plane }) => {
  chaos = await openChaos(plane)
  await chaos.allUp()
})
afterEach(() => chaos.stopAll())
afterAll(() => chaos?.[Symbol.asyncDispose]())

/** A client with a session that is under way or runs already. */
async function launched(options: { isAsync: boolean }): Promise<{ client: Client; id: string }> {
  const client = await chaos.client()
  const { outcome, subject } = await client.create(options)
  expect(outcome).toBe('ok')
  return { client, id: subject ?? '' }
}

describe('a stop', () => {
  test('that is asked for fifty times at once is one stop with one snapshot', async () => {
    const { client, id } = await launched({ isAsync: false })
    const stops = await Promise.all(Array.from({ length: 50 }, () => client.stop(id)))
    expect(new Set(stops.map(({ outcome }) => outcome))).toEqual(new Set(['ok']))
    await chaos.settle('fifty stops at once')
    expect((await client.read(id))?.status).toBe('stopped')
  })

  test('wins over a launch, at whatever step it comes', async () => {
    const steps: FailpointName[] = [
      'c3.dataset_created',
      'c4.dataset_prepared',
      'c5.container_created',
      'c6.container_started',
      'c7.healthy',
    ]
    // Each step holds up one launch, and the next launch gets one step further.
    const failpoints = steps.map((step) => `${step}=once:sleep:2000`).join()
    await chaos.plane.restart('reconciler', { failpoints })
    const stopped: Awaited<ReturnType<typeof launched>>[] = []
    for (const step of steps) {
      const launch = await launched({ isAsync: true })
      await chaos.plane.reached(step)
      expect((await launch.client.stop(launch.id)).outcome).toBe('ok')
      stopped.push(launch)
    }
    await chaos.settle('stopped at every step of a launch')
    for (const { client, id } of stopped) expect((await client.read(id))?.status).toBe('stopped')
  })

  test('that is not done yet keeps its slot, and the next launch works as soon as it is', async () => {
    await chaos.plane.restart('reconciler', { failpoints: 's4.removed=once:sleep:1500' })
    const { client, id } = await launched({ isAsync: false })
    await client.stop(id)
    await chaos.plane.reached('s4.removed')
    expect((await client.create()).code).toBe('concurrent_limit_reached')
    await chaos.settle('created while stopping')
    expect((await client.create()).outcome).toBe('ok')
    await chaos.settle('created after stopping')
  })
})

describe('two reconcilers', () => {
  async function begin(failpoints: string): Promise<void> {
    await chaos.plane.restart('reconciler', { failpoints })
    // Each point is passed once by whoever comes first.
    await chaos.plane.restart('second-reconciler', { failpoints })
    onTestFinished(() => chaos.plane.kill('second-reconciler', { stay: 'dead' }))
  }

  test('make one container and one snapshot, also when either has lost its lead without knowing', async () => {
    await begin('c5.container_created=once:sleep:4000,s4.removed=once:sleep:4000')
    const { client, id } = await launched({ isAsync: true })
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
    const { client, id } = await launched({ isAsync: true })
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

describe('a reconciler that is killed again and again', () => {
  test('brings every session to its goal once it is left alone', async () => {
    // The lead may be on its way from the second reconciler of the test before.
    await chaos.plane.restart('reconciler')
    const rounds = isLong() ? 8 : 4
    const choose = createChooser(7)
    const sessions = await Promise.all([1, 2, 3, 4].map(() => launched({ isAsync: true })))
    const stops: Promise<unknown>[] = []
    for (let round = 0; round < rounds; round += 1) {
      await chaos.plane.kill('reconciler')
      const someone = sessions[choose(2 * sessions.length)]
      if (someone) stops.push(someone.client.stop(someone.id))
      await pause(choose(1500))
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

/** When a fault strikes is the test's choice: this is no waiting for something. */
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
