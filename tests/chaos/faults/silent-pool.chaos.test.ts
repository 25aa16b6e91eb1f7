import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import type { Health } from '@medforge/contracts'
import { afterAll, expect } from 'vitest'
import { hangFileSide } from '../../support/hang-pool.ts'
import { ask } from '../../support/https.ts'
import {
  eventually,
  inContainer,
  REPOSITORY,
  readInstallation,
  runOnHost,
  runOnPool,
} from '../../support/installation.ts'
import { signUp } from '../../support/person.ts'
import { becomes, launch, stop } from '../../support/sessions.ts'
import { listSnapshots, readSnapshot } from '../../support/snapshots.ts'
import { processesOf } from '../support/daemons.ts'
import { giveBack, takeOver } from '../support/host.ts'
import { test } from '../support/test.ts'

/* F18: the file side of the pool hangs while its commands say ONLINE. The database is on the same pool. Healed by the operator's one command. */

const installation = readInstallation()
const execute = promisify(execFile)
const UP_LIMIT_MS = 600_000

const SILENT = 'The file systems of the pool do not answer.'

// The platform's own containers: it is these that `up` has to bring back.
test.beforeAll(async ({ plane }) => {
  await plane.endAll()
  await giveBack()
  await untilHealthy()
})
afterAll(async () => {
  // Whatever failed above, the tests after this one need the pool.
  if (processesOf('zfs-fuse').includes(daemon)) letGo()
  await takeOver(installation)
})

let daemon = 0
let letGo: () => void = () => {}

async function health(): Promise<{ status: number; reasons: string[] }> {
  const answer = await ask({ host: installation.apiHost, path: '/healthz', timeoutMs: 10_000 })
  const { data } = answer.json() as { data: Health }
  return { status: answer.status, reasons: 'reasons' in data ? data.reasons : [] }
}

function untilHealthy(): Promise<unknown> {
  let last = ''
  const isWell = () =>
    health().then(
      ({ status, reasons }) => {
        last = `${status} ${reasons.join(' ')}`
        return status === 200
      },
      (error: Error) => {
        last = error.message
        return false
      },
    )
  const what = () => `the platform is healthy; last ${last}`
  return eventually(isWell, what, { timeoutMs: 120_000 })
}

/** What a command of the operator prints, whether or not it ends well. */
async function medforge(...args: string[]): Promise<string> {
  const limits = { timeout: UP_LIMIT_MS, maxBuffer: 32 * 1024 * 1024 }
  return execute(`${REPOSITORY}/medforge`, args, limits).then(
    ({ stdout, stderr }) => `${stdout}${stderr}`,
    (error: { stdout: string; stderr: string }) => `${error.stdout}${error.stderr}`,
  )
}

const canMount = async (dataset: string) =>
  (await runOnHost('zfs', 'get', '-H', '-o', 'value', 'canmount', dataset)).trim()

test(
  'a pool that hangs while it says ONLINE is named everywhere, healed by ./medforge up, and every session gets its end with its snapshot',
  async () => {
    const [owner, other] = await Promise.all([signUp(installation), signUp(installation)])
    const session = await launch(owner)
    await inContainer(
      ...[`mf-session-${session.slug}`, 'sh', '-c'],
      'echo precious >/workspace/thesis && sync',
    )
    // As an earlier version left one.
    const [root] = session.workspace_zfs.split(`/${owner.user_id}/`)
    const earlier = `${root}/${randomUUID()}/${randomUUID()}`
    await runOnPool('zfs', 'create', '-p', earlier)
    daemon = processesOf('zfs-fuse')[0] ?? 0

    letGo = hangFileSide(daemon)
    expect((await runOnHost('zpool', 'list', '-H', '-o', 'health', 'tank')).trim()).toBe('ONLINE')
    await eventually(
      async () => (await health()).reasons.includes(SILENT),
      'health names the file systems',
      { timeoutMs: 60_000 },
    )
    const refused = await other.api('POST', '/sessions', { json: {}, timeoutMs: 60_000 })
    expect(refused.status).toBe(503)
    expect(refused.text).toContain(SILENT)
    expect(JSON.parse(await medforge('status', '--json'))).toMatchObject({
      pool: 'ONLINE',
      pool_files: 'silent',
    })
    expect(await medforge('doctor')).toMatch(/✗ The file systems of the pool answer/)
    expect(await medforge('down')).toContain(`${SILENT} Run ./medforge up`)

    const output = await medforge('up')
    expect(output).toContain('MedForge is up')
    expect(output).toContain(`mf-session-${session.slug}`)
    expect(processesOf('zfs-fuse')).not.toContain(daemon)
    await untilHealthy()
    const ended = await becomes(owner, session.id, 'error')
    expect(ended.last_snapshot?.name).toMatch(/@death-\d{13}$/)
    const [snapshot = ''] = await listSnapshots(session.workspace_zfs)
    expect(await readSnapshot(snapshot)).toMatchObject({ thesis: 'precious\n' })
    expect(await Promise.all([earlier.replace(/\/[^/]+$/, ''), earlier].map(canMount))).toEqual([
      'noauto',
      'noauto',
    ])
    expect(JSON.parse(await medforge('status', '--json'))).toMatchObject({ pool_files: 'answer' })
    const next = await launch(other)
    await stop(other, next)
  },
  UP_LIMIT_MS + 300_000,
)
