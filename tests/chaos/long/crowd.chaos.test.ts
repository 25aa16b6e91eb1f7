import { SEEDED_GPU_IDS } from '@medforge/contracts'
import { afterAll, expect, inject } from 'vitest'
import { type Chaos, createChooser, openChaos } from '../support/chaos.ts'
import { type Client, CREATE_REFUSALS, undocumented } from '../support/clients.ts'
import { cause, type Fault, killDatabase } from '../support/faults.ts'
import { test } from '../support/test.ts'
import type { Lifetime } from '../support/witness.ts'

let chaos: Chaos

test.beforeAll(async ({ plane }) => {
  chaos = await openChaos(plane)
  await chaos.allUp()
})
afterAll(() => chaos?.[Symbol.asyncDispose]())

const PEOPLE = 50
const CREATES = 4
/** At a time, as the browsers of a class would. */
const AT_ONCE = 16

/** Of the faults that strike meanwhile. */
const DATABASE_DIES_AFTER = 1

test(`${PEOPLE * CREATES} creates by ${PEOPLE} people never put two containers on one of ${SEEDED_GPU_IDS.length} GPUs, and every refusal is a documented one`, async () => {
  const choose = createChooser(inject('chaosSeed'))
  const people = await inTurns(Array.from({ length: PEOPLE }), 4, (_, index) =>
    chaos.client(`crowd-${index}`),
  )
  const before = chaos.history.operations.length
  const visits = people.flatMap((client) => Array.from({ length: CREATES }, () => client))
  let isOver = false
  const faults = disturb(choose, () => isOver)
  await inTurns(shuffle(visits, choose), AT_ONCE, (client) => visitOnce(client, choose))
  isOver = true
  expect(await faults).toBeGreaterThan(DATABASE_DIES_AFTER)
  await chaos.plane.ready('server')
  await chaos.plane.ready('reconciler')
  await chaos.stopAll()
  await chaos.settle('after the crowd')

  const operations = chaos.history.operations.slice(before)
  const creates = operations.filter(({ what }) => what === 'create')
  expect(creates).toHaveLength(PEOPLE * CREATES)
  expect(undocumented(creates, CREATE_REFUSALS)).toEqual([])
  const stops = operations.filter(({ what }) => what === 'stop')
  expect(undocumented(stops, ['service_unavailable'])).toEqual([])
  const lifetimes = chaos.witness.lifetimes()
  // Else no GPU was ever handed on.
  expect(lifetimes.length).toBeGreaterThan(SEEDED_GPU_IDS.length)
  expect(mostAtOnce(lifetimes)).toBeLessThanOrEqual(SEEDED_GPU_IDS.length)
})

/** Ask for a session; whoever gets one keeps it for a moment and stops it, and whoever does not reads the refusal. */
async function visitOnce(client: Client, choose: (end: number) => number): Promise<void> {
  const { outcome, subject } = await client.create({ isAsync: choose(2) === 0 })
  if (outcome === 'unknown') return chaos.plane.ready('server')
  if (subject === null) return pause(500 + choose(2000))
  await pause(choose(500))
  await client.stop(subject)
}

/** @returns how many faults struck */
async function disturb(choose: (end: number) => number, isOver: () => boolean): Promise<number> {
  const faults: Fault[] = [
    'kill-reconciler',
    'remove-container',
    'kill-container',
    'kill-server',
    'out-of-memory',
  ]
  for (let index = 0; ; index += 1) {
    await pause(1500 + choose(2000))
    if (isOver()) return index
    const fault = faults[index % faults.length] ?? 'kill-reconciler'
    // However slow this host is, sessions can be had for a part of the time.
    await chaos.disturb(() =>
      index === DATABASE_DIES_AFTER ? killDatabase(chaos) : cause(chaos, fault),
    )
  }
}

/** When a fault strikes is the test's choice: this is no waiting for something. */
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Every item, in order, so many at a time. */
async function inTurns<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const left = items.entries()
  const hands = Array.from({ length: atOnce }, async () => {
    for (const [index, item] of left) results[index] = await work(item, index)
  })
  await Promise.all(hands)
  return results
}

function shuffle<Item>(items: readonly Item[], choose: (end: number) => number): Item[] {
  return items
    .map((item) => ({ item, at: choose(1_000_000) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

function mostAtOnce(lifetimes: readonly Lifetime[]): number {
  const changes = lifetimes
    .flatMap(({ createdNs, destroyedNs }) => [
      { at: createdNs, by: 1 },
      ...(destroyedNs === null ? [] : [{ at: destroyedNs, by: -1 }]),
    ])
    .toSorted((a, b) => Number(a.at - b.at) || a.by - b.by)
  let now = 0
  return Math.max(0, ...changes.map(({ by }) => (now += by)))
}
