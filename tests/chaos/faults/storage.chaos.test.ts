import { afterAll, afterEach, expect } from 'vitest'
import { eventually, runOnHost } from '../../support/installation.ts'
import { type Chaos, openChaos } from '../support/chaos.ts'
import { undocumented } from '../support/clients.ts'
import { signalAll } from '../support/daemons.ts'
import { test } from '../support/test.ts'

/* What happens when the storage hangs, or is full: F17 and F18. The database is on the same pool. */

let chaos: Chaos

test.beforeAll(async ({ plane }) => {
  chaos = await openChaos(plane)
  await chaos.allUp()
})
afterAll(() => chaos?.[Symbol.asyncDispose]())
afterEach(async () => {
  await chaos.stopAll()
  await chaos.settle('after a test of the storage')
})

const ROOT = 'tank/medforge/workspaces'

const rowOf = (id: string) =>
  chaos.db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

test('a ZFS that hangs is waited for: nothing starts, people are told, and a stop comes to its end afterwards', async () => {
  const [owner, other] = await Promise.all([chaos.client(), chaos.client()])
  const { subject } = await owner.create()
  signalAll('SIGSTOP', 'zfs-fuse')
  try {
    await eventually(
      async () => (await chaos.health())?.status !== 'ok',
      'health says that something is wrong',
      { timeoutMs: 60_000 },
    )
    // Who says no depends on whether the database, which is on the same pool, can still answer.
    const refused = await other.create()
    expect(refused.status).toBe(503)
    expect(['runtime_unavailable', 'service_unavailable']).toContain(refused.code)
    const stopping = await owner.stop(subject ?? '')
    expect(undocumented([stopping], ['service_unavailable'])).toEqual([])
  } finally {
    signalAll('SIGCONT', 'zfs-fuse')
  }
  await chaos.settle('ZFS hung')
  await owner.stop(subject ?? '')
  await chaos.settle('stopped after ZFS hung')
  expect((await rowOf(subject ?? '')).status).toBe('stopped')
})

/** What is used is known some seconds late, and a quota below it is refused. */
async function leaveNoRoom(): Promise<boolean> {
  const used = await runOnHost('zfs', 'get', '-Hp', '-o', 'value', 'used', ROOT)
  return runOnHost('zfs', 'set', `quota=${Number(used) + 1024}`, ROOT).then(
    () => true,
    () => false,
  )
}

test('workspaces without room are refused in plain words before anything is made, a stop frees its GPU all the same, and room makes it well again', async () => {
  const [owner, other] = await Promise.all([chaos.client(), chaos.client()])
  const { subject } = await owner.create()
  try {
    await eventually(leaveNoRoom, 'the quota is what is used', { timeoutMs: 30_000 })
    await eventually(
      async () => (await chaos.health())?.reasons?.some((reason) => /nearly full/.test(reason)),
      'health says that the storage is nearly full',
      { timeoutMs: 60_000 },
    )
    expect(await other.create()).toMatchObject({ outcome: 'refused', code: 'runtime_unavailable' })
    const launched = chaos.db
      .selectFrom('sessions')
      .select('id')
      .where('user_id', '=', other.person.user_id)
    expect(await launched.execute()).toEqual([])
    expect((await owner.stop(subject ?? '')).status).toBe(202)
    await eventually(
      async () => (await rowOf(subject ?? '')).gpu_active === null,
      'the stop gives its GPU back',
      { timeoutMs: 60_000 },
    )
  } finally {
    await runOnHost('zfs', 'set', 'quota=none', ROOT)
  }
  await chaos.settle('the pool was full')
  expect((await rowOf(subject ?? '')).status).toBe('stopped')
  expect((await other.create()).outcome).toBe('ok')
})
