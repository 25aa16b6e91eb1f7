import fc from 'fast-check'
import { afterAll, inject } from 'vitest'
import { type Chaos, openChaos } from '../support/chaos.ts'
import { type Model, sessionCommands } from '../support/model.ts'
import { test } from '../support/test.ts'

const PEOPLE = 4
const HISTORIES = 5
const COMMANDS = 30

let chaos: Chaos

test.beforeAll(async ({ plane }) => {
  chaos = await openChaos(plane)
  await chaos.allUp()
})
afterAll(() => chaos?.[Symbol.asyncDispose]())

const seed = inject('chaosSeed')
const minutes = inject('chaosMinutes') ?? 0

/** Run random histories; whatever happens in one, the platform comes to rest and keeps every invariant. */
async function tryHistories(seedOfThese: number): Promise<void> {
  const commands = fc.commands(sessionCommands(PEOPLE), {
    maxCommands: COMMANDS,
    size: 'max',
    disableReplayLog: true,
  })
  const property = fc.asyncProperty(commands, async (history) => {
    chaos.history.note(`history: ${String(history)}`)
    await fc.asyncModelRun(async () => ({ model: await openModel(), real: { chaos } }), history)
    await rest()
  })
  // Real containers: a smaller history costs as much as this one did, so the first that fails is told as it is.
  await fc.assert(property, { seed: seedOfThese, numRuns: HISTORIES, endOnFailure: true })
}

async function openModel(): Promise<Model> {
  const people = await Promise.all(Array.from({ length: PEOPLE }, () => chaos.client('model')))
  return {
    people: people.map((client) => ({ client, mayHave: false, session: null })),
    pending,
  }
}

/** Requests that commands have sent and not waited for. */
const pending = new Set<Promise<unknown>>()

async function rest(): Promise<void> {
  await Promise.all(pending)
  pending.clear()
  await chaos.plane.ready('server')
  await chaos.plane.ready('reconciler')
  await chaos.settle(`a random history of seed ${seed}`)
  await chaos.stopAll()
  await chaos.settle(`everything stopped after a random history of seed ${seed}`)
}

test(`whatever people and faults do in ${minutes} minutes of random histories from seed ${seed} on, every invariant holds afterwards`, {
  timeout: (minutes + 10) * 60_000,
}, async () => {
  const endMs = Date.now() + minutes * 60_000
  for (let next = seed; Date.now() < endMs; next += 1) {
    console.log(`chaos: histories of seed ${next}`)
    await tryHistories(next).catch((cause: Error) => {
      const again = `./medforge test --chaos --seed ${next}`
      throw new Error(`Seed ${next} fails; again with: ${again}\n${cause.message}`, { cause })
    })
  }
})
