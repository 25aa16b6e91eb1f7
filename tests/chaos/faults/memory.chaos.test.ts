import { writeFileSync } from 'node:fs'
import { DAEMON_SCORE, mayLowerScores, PLATFORM_SCORE } from '@medforge/cli/host/oom-scores.ts'
import { afterAll, afterEach, expect } from 'vitest'
import { docker, eventually } from '../../support/installation.ts'
import { type Chaos, openChaos } from '../support/chaos.ts'
import { processesOf } from '../support/daemons.ts'
import { DAEMONS, shrinkHost } from '../support/small-host.ts'
import { test } from '../support/test.ts'

/* What happens when a whole host runs out of memory: F33. Those who have filled it are files in memory, which no process's size shows. */

let chaos: Chaos

test.beforeAll(async ({ plane }) => {
  chaos = await openChaos(plane)
  await chaos.allUp()
})
afterAll(() => chaos?.[Symbol.asyncDispose]())
afterEach(async () => {
  await chaos.stopAll()
  await chaos.settle('after a test of the memory')
})

const MIB = 1024 ** 2
/** Each session fills its /tmp, which is 256 MiB: less than two of them fit. */
const SPARE_BYTES = 400 * MIB

const CONTAINERS = ['medforge-db', 'medforge-caddy', 'medforge-web']

const rowOf = (id: string) =>
  chaos.db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

/** Which processes the platform stands on; another one in the place of one that ended shows. */
async function foundation(): Promise<Record<string, unknown>> {
  const started = CONTAINERS.map(async (name) => {
    return [name, await docker('inspect', '--format', '{{.State.StartedAt}}', name)] as const
  })
  const processes = DAEMONS.map((name) => [name, processesOf(name)] as const)
  return Object.fromEntries([...(await Promise.all(started)), ...processes])
}

async function setScores(platform: number, daemons: number): Promise<void> {
  const set = (pid: number, score: number) =>
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(score))
  for (const pid of DAEMONS.flatMap(processesOf)) set(pid, daemons)
  for (const name of CONTAINERS) {
    const pids = (await docker('top', name, '-eo', 'pid')).split('\n').slice(1).filter(Boolean)
    for (const pid of pids) set(Number(pid), platform)
  }
}

const NOT_LOWERED = { way: 'lets no score be lowered', platform: 0, daemons: 0 }
const LOWERED = { way: 'lets them be lowered', platform: PLATFORM_SCORE, daemons: DAEMON_SCORE }

test.each((await mayLowerScores()) ? [LOWERED, NOT_LOWERED] : [NOT_LOWERED])(
  'memory that three sessions have filled with files ends sessions, and never the pool, the database or the edge, on a host that $way',
  async ({ platform, daemons }) => {
    const clients = await Promise.all([chaos.client(), chaos.client(), chaos.client()])
    const created = await Promise.all(clients.map((client) => client.create()))
    expect(created.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok'])
    const rows = () => Promise.all(created.map(({ subject }) => rowOf(subject ?? '')))
    await setScores(platform, daemons)
    const before = await foundation()
    using _small = shrinkHost(SPARE_BYTES)
    const names = (await rows()).map(({ slug }) => `mf-session-${slug}`)
    await docker('kill', '--signal', 'HUP', ...names)
    const ended = await eventually(
      async () => {
        const errors = (await rows()).filter(({ status }) => status === 'error')
        return errors.length > 0 && errors
      },
      'a session ends',
      { timeoutMs: 60_000 },
    )
    expect(ended.map(({ gpu_active }) => gpu_active)).not.toContain(1)
    expect(ended.every((row) => row.last_snapshot_name?.includes('@death-'))).toBe(true)
    await chaos.settle('three sessions filled the memory of the host')
    expect(await foundation()).toEqual(before)
  },
)
