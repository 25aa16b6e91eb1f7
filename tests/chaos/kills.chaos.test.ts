import { afterAll, describe, expect } from 'vitest'
import { eventually } from '../support/installation.ts'
import { type Chaos, isLong, type KillPoint, openChaos } from './support/chaos.ts'
import { test } from './support/test.ts'

let chaos: Chaos

test.beforeAll(async ({ plane }) => {
  chaos = await openChaos(plane)
  await chaos.allUp()
})
afterAll(() => chaos?.[Symbol.asyncDispose]())

type Round = { create: KillPoint; stop: KillPoint | null; pack: 'tiny' | 'default' }

/** One kill on the way up and, the first time that its point comes, one on the way down, each healed before the next. */
const EVERY_POINT: Round[] = [
  {
    create: { at: 'c1.before_commit', of: 'server' },
    stop: { at: 's1.marked_stopping', of: 'server' },
    pack: 'tiny',
  },
  {
    create: { at: 'c2.row_committed', of: 'server' },
    stop: { at: 's2.stop_sent', of: 'reconciler' },
    pack: 'tiny',
  },
  {
    create: { at: 'c3.dataset_created', of: 'reconciler' },
    stop: { at: 's3.exited', of: 'reconciler' },
    pack: 'tiny',
  },
  {
    create: { at: 'c4.dataset_prepared', of: 'reconciler' },
    stop: { at: 's4.removed', of: 'reconciler' },
    pack: 'tiny',
  },
  {
    create: { at: 'c5.container_created', of: 'reconciler' },
    stop: { at: 's5.snapshot_taken', of: 'reconciler' },
    pack: 'tiny',
  },
  {
    create: { at: 'c6.container_started', of: 'reconciler' },
    stop: { at: 's6.marked_stopped', of: 'reconciler' },
    pack: 'default',
  },
  {
    create: { at: 'c7.healthy', of: 'reconciler' },
    stop: { at: 's5.usage_recorded', of: 'reconciler' },
    pack: 'tiny',
  },
  {
    create: { at: 'c8.marked_running', of: 'reconciler' },
    stop: null,
    pack: 'tiny',
  },
]

/** Where the host is ahead of its rows: a container, and a snapshot, of which no row knows. */
const AHEAD = EVERY_POINT.filter(({ create }) => create.at === 'c5.container_created')

const rounds = isLong() ? EVERY_POINT : AHEAD

describe('kill -9', () => {
  test.each(rounds)(
    'at $create.at of a launch, and in its stop at $stop.at ($pack pack), loses nothing and leaves nothing behind',
    async ({ create, stop, pack }) => {
      const client = await chaos.client()
      const packId = pack === 'tiny' ? chaos.tinyPack : null
      await chaos.killedAt(create, () => client.create({ packId }), stop ?? undefined)

      const survived = await client.current()
      expect(survived?.status).toBe(create.at === 'c1.before_commit' ? undefined : 'running')
      const again = await client.create({ packId })
      if (survived) expect(again.code).toBe('concurrent_limit_reached')
      else expect(again.outcome).toBe('ok')
      const session = await eventually(
        async () => (await client.current()) ?? undefined,
        'a session',
      )

      const after = rounds[rounds.findIndex((round) => round.create.at === create.at) + 1]
      if (stop) await chaos.killedAt(stop, () => client.stop(session.id), after?.create)
      else {
        await client.stop(session.id)
        await chaos.settle('stopped undisturbed')
      }
      expect((await client.read(session.id))?.status).toBe('stopped')
    },
  )
})
