import type { Session } from '@medforge/contracts'
import fc, { type AsyncCommand } from 'fast-check'
import { expect } from 'vitest'
import type { Chaos } from './chaos.ts'
import { type Client, CREATE_REFUSALS, undocumented } from './clients.ts'
import { cause, FAULTS, type Fault } from './faults.ts'

/** What a person may believe: nothing is certain that no answer said. */
export type Actor = {
  client: Client
  /** A create was sent whose session may exist by now. */
  mayHave: boolean
  /** The session that an answer named last. */
  session: { id: string; slug: string } | null
}

export type Model = { people: Actor[]; pending: Set<Promise<unknown>> }
export type Real = { chaos: Chaos }

/** What people and fate do, in any order. A request that is not waited for goes on beside the commands after it. */
export function sessionCommands(people: number): fc.Arbitrary<AsyncCommand<Model, Real, true>>[] {
  const who = fc.nat({ max: people - 1 })
  const isAsync = fc.boolean()
  const create = fc.tuple(who, isAsync).map(([index, async]) => createSession(index, async))
  const stop = fc.tuple(who, fc.boolean()).map(([index, twice]) => stopSession(index, twice))
  const faults = fc
    .tuple(fc.constantFrom(...FAULTS), who)
    .map(([fault, index]) => strike(fault, index))
  const pause = fc.integer({ min: 50, max: 1200 }).map((ms) => wait(ms))
  // Each kind twice or thrice: histories need more people than faults.
  return [create, create, create, stop, stop, who.map(look), faults, pause]
}

type Command = AsyncCommand<Model, Real, true>

function actorOf(model: Readonly<Model>, index: number): Actor {
  return model.people[index] ?? expect.fail('There is no such person.')
}

function later(model: Model, work: Promise<unknown>): void {
  model.pending.add(work)
}

function createSession(index: number, isAsync: boolean): Command {
  return {
    check: async () => true,
    async run(model) {
      const actor = actorOf(model, index)
      actor.mayHave = true
      const created = (async () => {
        const created = await actor.client.create({ isAsync })
        expect(undocumented([created], CREATE_REFUSALS)).toEqual([])
        if (created.outcome === 'ok') await remember(actor)
      })()
      // An answer that waits for the IDE is left to itself, as an impatient person's is.
      if (isAsync) await created
      else later(model, created)
    },
    toString: () => `person ${index} launches${isAsync ? '' : ' and does not wait'}`,
  }
}

function stopSession(index: number, twice: boolean): Command {
  return {
    check: async (model) => actorOf(model, index).session !== null,
    async run(model) {
      const { client, session } = actorOf(model, index)
      const stops = Array.from({ length: twice ? 2 : 1 }, () => client.stop(session?.id ?? ''))
      expect(undocumented(await Promise.all(stops), ['service_unavailable'])).toEqual([])
    },
    toString: () => `person ${index} stops${twice ? ' twice at once' : ''}`,
  }
}

function look(index: number): Command {
  return {
    check: async () => true,
    async run(model) {
      const actor = actorOf(model, index)
      const session = await remember(actor)
      // A session comes from a launch that was asked for, and from nowhere else.
      if (session) expect(actor.mayHave).toBe(true)
      if (session) expect(session.user_id).toBe(actor.client.person.user_id)
    },
    toString: () => `person ${index} looks`,
  }
}

function strike(fault: Fault, index: number): Command {
  return {
    check: async (model) =>
      fault.startsWith('kill-s') ||
      fault === 'kill-reconciler' ||
      actorOf(model, index).session !== null,
    run: (model, { chaos }) => cause(chaos, fault, actorOf(model, index).session?.slug),
    toString: () => `${fault} (person ${index})`,
  }
}

/** The length of a pause is part of the history: this is no waiting for something. */
function wait(ms: number): Command {
  return {
    check: async () => true,
    run: () => new Promise((resolve) => setTimeout(resolve, ms)),
    toString: () => `${ms} ms pass`,
  }
}

async function remember(actor: Actor): Promise<Session | null | undefined> {
  const session = await actor.client.current()
  if (session) actor.session = { id: session.id, slug: session.slug }
  return session
}
