import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect } from 'vitest'
import { visit } from '../../support/sessions.ts'
import { type Chaos, openChaos } from '../support/chaos.ts'
import { undocumented } from '../support/clients.ts'
import type { Start } from '../support/processes.ts'
import { test } from '../support/test.ts'

/* What happens when the clock of the host is set while sessions are under way: F21. */

const folder = mkdtempSync(join(tmpdir(), 'medforge-clock-'))
const clockFile = join(folder, 'clock')
const set = (offset: string) => writeFileSync(clockFile, `${offset}\n`)
let chaos: Chaos

test.beforeAll(async ({ plane }) => {
  chaos = await openChaos(plane)
  await chaos.allUp()
})
afterAll(async () => {
  await chaos?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})
afterEach(() => chaos.stopAll())

/** With a clock that can be moved. */
async function restart(start: Start = {}): Promise<void> {
  await Promise.all([
    chaos.plane.restart('server', { clockFile }),
    chaos.plane.restart('reconciler', { clockFile, ...start }),
    chaos.plane.restart('worker', { clockFile }),
  ])
}

const statusOf = async (id: string) =>
  (
    await chaos.db
      .selectFrom('sessions')
      .select('status')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
  ).status

test.each([
  { note: 'back by a day and on again', first: '-1d', second: '+0', ends: ['ok'] },
  // By the clock, the launch has taken a day: it may be undone, in the words for that.
  { note: 'on by a day and back again', first: '+1d', second: '+0', ends: ['ok', 'refused'] },
])(
  '$note during a launch and a stop: nobody is signed out, nothing is stuck or doubled',
  async ({ first, second, ends }) => {
    set('+0')
    // The second launch and the first stop are held up while the clock is set.
    const failpoints = 'c6.container_started=once:nth:2:sleep:1500,s3.exited=once:sleep:1500'
    await restart({ failpoints })
    const [owner, other] = await Promise.all([chaos.client(), chaos.client()])
    const kept = (await owner.create()).subject ?? ''
    const session = await owner.read(kept)

    const launching = other.create()
    await chaos.plane.reached('c6.container_started')
    set(first)
    const launched = await launching
    await chaos.settle(`the clock was set to ${first} during a launch`)
    expect(ends).toContain(launched.outcome)
    expect(undocumented([launched], ['session_start_failed'])).toEqual([])
    expect(await statusOf(kept)).toBe('running')
    expect((await owner.person.api('GET', '/me')).status).toBe(200)
    const page = await visit(chaos.installation, session?.slug ?? '', owner.person)
    expect(page.status).toBe(200)

    expect((await owner.stop(kept)).outcome).toBe('ok')
    await chaos.plane.reached('s3.exited')
    set(second)
    await chaos.settle(`the clock was set to ${second} during a stop`)
    expect(await statusOf(kept)).toBe('stopped')
    expect((await owner.create()).outcome).toBe('ok')
  },
)
