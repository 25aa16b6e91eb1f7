import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, expect } from 'vitest'
import { eventually, REPOSITORY, runOnHost } from '../../support/installation.ts'
import { type Chaos, openChaos } from '../support/chaos.ts'
import { type Client, CREATE_REFUSALS, undocumented } from '../support/clients.ts'
import { signalAll, startDatabase, startZfs, untilGone } from '../support/daemons.ts'
import { test } from '../support/test.ts'

/* ZFS in user space under as many mounts, and with as many datasets, as a busy host has in a term. Part of the long run. */

let chaos: Chaos

test.beforeAll(async ({ plane }) => {
  chaos = await openChaos(plane)
  await chaos.allUp()
})
afterAll(() => chaos?.[Symbol.asyncDispose]())

const ROOT = 'tank/medforge/workspaces'
const PEOPLE = 20
const LAUNCHES = 500
const DATASETS = 1_200
const LIMIT_MS = 3_600_000

const countMounts = () =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${ROOT}/`)).length

const askFiles = () => runOnHost('timeout', '--signal', 'KILL', '10', 'stat', '-f', `/${ROOT}`)

/** Launch and stop as often as the people together have launches left; somebody who finds no GPU asks again. */
async function launchAndStop(client: Client, left: { launches: number }): Promise<void> {
  while (left.launches > 0) {
    const { outcome, subject } = await client.create()
    if (outcome !== 'ok' || subject === null) {
      // The next GPU is somebody else's stop away.
      await new Promise((resolve) => setTimeout(resolve, 200))
      continue
    }
    left.launches -= 1
    await eventually(
      async () => (await client.stop(subject)).outcome === 'ok',
      `the stop of session ${subject} is taken`,
    )
    await eventually(
      async () => (await client.read(subject))?.status === 'stopped',
      `session ${subject} is stopped`,
      { timeoutMs: 120_000 },
    )
  }
}

test(
  `${LAUNCHES} launches and stops of ${PEOPLE} people at once leave the file systems answering and nothing mounted`,
  async () => {
    const people: Client[] = []
    while (people.length < PEOPLE) people.push(await chaos.client(`crowd-${people.length}`))
    const before = chaos.history.operations.length
    const left = { launches: LAUNCHES }
    await Promise.all(people.map((client) => launchAndStop(client, left)))
    await askFiles()
    await chaos.settle('after the launches')
    const operations = chaos.history.operations.slice(before)
    // A host this busy may miss a time limit of its database.
    expect(undocumented(operations, [...CREATE_REFUSALS, 'service_unavailable'])).toEqual([])
    const failed = operations.filter(({ code }) => code === 'session_start_failed')
    expect(failed).toEqual([])
    await eventually(async () => countMounts() === 0, 'no workspace is mounted', {
      timeoutMs: 120_000,
    })
  },
  LIMIT_MS,
)

test(
  `a pool with ${DATASETS} workspaces of ended sessions starts, lists and launches`,
  async () => {
    const person = `${ROOT}/${randomUUID()}`
    await runOnHost('zfs', 'create', '-o', 'canmount=noauto', person)
    for (let count = 0; count < DATASETS; count += 1) {
      const dataset = `${person}/${randomUUID()}`
      await runOnHost('zfs', 'create', '-o', 'canmount=noauto', dataset)
      await runOnHost('zfs', 'snapshot', `${dataset}@stop-${1_795_472_777_000 + count}`)
    }
    for (const name of ['server', 'reconciler', 'worker'] as const) {
      await chaos.plane.kill(name, { stay: 'dead' })
    }
    signalAll('SIGKILL', 'zfs-fuse')
    await untilGone('zfs-fuse')
    await startZfs()
    await startDatabase()
    for (const name of ['server', 'reconciler', 'worker'] as const) await chaos.plane.kill(name)
    await chaos.allUp()
    expect(countMounts()).toBe(0)

    const listed = await runOnHost(`${REPOSITORY}/medforge`, 'snapshots', 'list', '--json')
    const { snapshots } = JSON.parse(listed) as { snapshots: { dataset: string }[] }
    const ours = snapshots.filter(({ dataset }) => dataset.startsWith(`${person}/`))
    expect(ours).toHaveLength(DATASETS)
    const client = await chaos.client('late')
    const { outcome, subject } = await client.create()
    expect(outcome).toBe('ok')
    await client.stop(subject ?? '')
    await chaos.settle('with many datasets')
    await askFiles()
  },
  LIMIT_MS,
)
