import type { FailpointName } from '@medforge/api/lib/failpoints.ts'
import { afterAll, afterEach, describe, expect } from 'vitest'
import { type Chaos, openChaos } from './support/chaos.ts'
import { test } from './support/test.ts'

let chaos: Chaos

test.beforeAll(async ({ plane }) => {
  chaos = await openChaos(plane)
  await chaos.allUp()
})
afterEach(() => chaos.stopAll())
afterAll(() => chaos?.[Symbol.asyncDispose]())

describe('a stop', () => {
  test('that is asked for fifty times at once is one stop with one snapshot', async () => {
    const { client, id } = await chaos.launched()
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
    const stopped: Awaited<ReturnType<typeof chaos.launched>>[] = []
    for (const step of steps) {
      const launch = await chaos.launched({ isAsync: true })
      await chaos.plane.reached(step)
      expect((await launch.client.stop(launch.id)).outcome).toBe('ok')
      stopped.push(launch)
    }
    await chaos.settle('stopped at every step of a launch')
    for (const { client, id } of stopped) expect((await client.read(id))?.status).toBe('stopped')
  })

  test('that is not done yet keeps its slot, and the next launch works as soon as it is', async () => {
    await chaos.plane.restart('reconciler', { failpoints: 's4.removed=once:sleep:1500' })
    const { client, id } = await chaos.launched()
    await client.stop(id)
    await chaos.plane.reached('s4.removed')
    expect((await client.create()).code).toBe('concurrent_limit_reached')
    await chaos.settle('created while stopping')
    expect((await client.create()).outcome).toBe('ok')
    await chaos.settle('created after stopping')
  })
})
