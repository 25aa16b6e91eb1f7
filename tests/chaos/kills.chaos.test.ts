import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/installation.ts'
import { type Chaos, openChaos } from './support/chaos.ts'
import type { ProcessName } from './support/processes.ts'

let chaos: Chaos

beforeAll(async () => {
  chaos = await openChaos()
  await chaos.allUp()
})
afterAll(() => chaos?.[Symbol.asyncDispose]())

/** One kill on the way up and one on the way down, each healed before the next. */
const ROUNDS: {
  create: { at: string; of: ProcessName; leavesRow: boolean }
  stop: { at: string; of: ProcessName }
}[] = [
  {
    create: { at: 'c1.before_commit', of: 'server', leavesRow: false },
    stop: { at: 's1.marked_stopping', of: 'server' },
  },
  {
    create: { at: 'c2.row_committed', of: 'server', leavesRow: true },
    stop: { at: 's2.stop_sent', of: 'reconciler' },
  },
  {
    create: { at: 'c3.dataset_created', of: 'reconciler', leavesRow: true },
    stop: { at: 's3.exited', of: 'reconciler' },
  },
]

describe('a process that is killed', () => {
  test.each(ROUNDS)(
    'at $create.at while a session is created, and at $stop.at while it is stopped, loses nothing',
    async ({ create, stop }) => {
      const { plane } = chaos
      const client = await chaos.client()
      await plane.restart(create.of, { failpoints: `${create.at}=kill` })
      const died = plane.death(create.of)
      const created = client.create()
      await died
      await plane.ready(create.of)
      await created
      await chaos.settle(`killed at ${create.at}`)

      const current = await client.current()
      expect(current === null).toBe(!create.leavesRow)
      const again = await client.create()
      if (create.leavesRow) expect(again.code).toBe('concurrent_limit_reached')
      else expect(again.outcome).toBe('ok')
      const session = await eventually(
        async () => (await client.current()) ?? undefined,
        'a session',
      )

      await plane.restart(stop.of, { failpoints: `${stop.at}=kill` })
      const diedAgain = plane.death(stop.of)
      const stopped = client.stop(session.id)
      await diedAgain
      await plane.ready(stop.of)
      await stopped
      await chaos.settle(`killed at ${stop.at}`)
      expect((await client.read(session.id))?.status).toBe('stopped')
    },
  )
})
