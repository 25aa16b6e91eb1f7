import { readdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../support/installation.ts'
import { type Chaos, openChaos } from '../support/chaos.ts'
import { signalAll } from '../support/daemons.ts'

/* What happens when the storage hangs. The database is on the same pool. */

let chaos: Chaos

beforeAll(async () => {
  chaos = await openChaos()
  await chaos.allUp()
})
afterAll(() => chaos?.[Symbol.asyncDispose]())
afterEach(async () => {
  await chaos.stopAll()
  await chaos.settle('after a test of the storage', 120_000)
})

const ROOT = 'tank/medforge/workspaces'
const ZFS_FUSE_MAGIC = 0x65735546

const rowOf = (id: string) =>
  chaos.db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

test('a ZFS that hangs is waited for: nothing starts, nothing goes to the root disk, and a stop comes to its end afterwards', async () => {
  const [owner, other] = await Promise.all([chaos.client(), chaos.client()])
  const { subject } = await owner.create()
  signalAll('SIGSTOP', 'zfs-fuse')
  let refused: Awaited<ReturnType<typeof other.create>>
  try {
    await eventually(
      async () => (await chaos.health())?.status !== 'ok',
      'health says that something is wrong',
      { timeoutMs: 60_000 },
    )
    refused = await other.create()
    await owner.stop(subject ?? '')
  } finally {
    signalAll('SIGCONT', 'zfs-fuse')
  }
  expect(refused.outcome).not.toBe('ok')
  expect(refused.status).toBe(503)
  await chaos.settle('ZFS hung', 120_000)
  expect(readdirSync(join('/', ROOT)).length).toBeGreaterThan(0)
  expect(statfsSync(join('/', ROOT)).type).toBe(ZFS_FUSE_MAGIC)
  await owner.stop(subject ?? '')
  await chaos.settle('stopped after ZFS hung')
  expect((await rowOf(subject ?? '')).status).toBe('stopped')
})
