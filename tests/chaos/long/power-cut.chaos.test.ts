import { afterAll, expect, inject } from 'vitest'
import { docker } from '../../support/installation.ts'
import { type Chaos, createChooser, openChaos } from '../support/chaos.ts'
import { signalAll, startDatabase, startDocker, startZfs, untilGone } from '../support/daemons.ts'
import { test } from '../support/test.ts'

/* F25, and F18 with it: everything ends at once, as the host's power does, and comes back in any order. */

let chaos: Chaos

test.beforeAll(async ({ plane }) => {
  chaos = await openChaos(plane)
  await chaos.allUp()
})
afterAll(() => chaos?.[Symbol.asyncDispose]())

const PROCESSES = ['server', 'reconciler', 'worker'] as const
const DAEMONS = ['dockerd', 'containerd', 'containerd-shim', 'containerd-shim-runc-v2', 'zfs-fuse']
/** What runs in containers. The sessions' own programs end with their init process; these tests are node, too, and stay alive. */
const CONTAINED = ['mariadbd', 'caddy', 'next-server', 'docker-init', 'medforge-init']

/** The sum of what each step of a round may take. */
const ROUND_LIMIT_MS = 400_000
const ROUNDS = 10

test(
  `${ROUNDS} power cuts leave no session without an end, no GPU held, and nothing lost that was acknowledged`,
  async () => {
    const choose = createChooser(inject('chaosSeed'))
    for (let round = 1; round <= ROUNDS; round += 1) {
      const [kept, starting] = await Promise.all([chaos.client(), chaos.client()])
      expect((await kept.create()).outcome).toBe('ok')
      // One is on its way up when the lights go out.
      await starting.create({ isAsync: true })
      for (const name of PROCESSES) await chaos.plane.kill(name, { stay: 'dead' })
      signalAll('SIGKILL', ...DAEMONS, ...CONTAINED)
      await untilGone('dockerd', 'zfs-fuse')

      // Each comes as if it were alone, and waits for what it needs.
      const starts = shuffle<[string, () => Promise<unknown>]>(
        [
          ['zfs', startZfs],
          ['docker', startDocker],
          // Docker starts it again by itself; without Docker there is nothing to ask.
          ['database', () => docker('start', 'medforge-db').catch(() => '')],
          ...PROCESSES.map((name): [string, () => Promise<unknown>] => [
            name,
            () => chaos.plane.kill(name),
          ]),
        ],
        choose,
      )
      chaos.history.note(`power cut ${round}: ${starts.map(([name]) => name).join(', ')}`)
      for (const [, start] of starts) await start()
      // It refused to start on an empty folder where Docker was up before the pool.
      await startDatabase()
      for (const name of PROCESSES) await chaos.plane.ready(name)
      await chaos.settle(`power cut ${round}`)
    }
  },
  ROUNDS * ROUND_LIMIT_MS,
)

function shuffle<Item>(items: readonly Item[], choose: (end: number) => number): Item[] {
  const left = [...items]
  return items.map(() => left.splice(choose(left.length), 1)[0] as Item)
}
