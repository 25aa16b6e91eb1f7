import { existsSync } from 'node:fs'
import { Failure } from '../failure.ts'
import { readMounts } from '../host/mounts.ts'
import { CONTAINERS, DB_DATA } from '../names.ts'
import { run, runOrFail, waitFor } from '../process.ts'
import type { Progress } from '../terminal/progress.ts'
import { lastWords } from './containers.ts'
import { createCrashWatch } from './crash-loops.ts'

/**
 * Write an empty database into its dataset, once. Nothing else ever does: the container refuses a folder without the
 * marker, so a pool that is not mounted can never be mistaken for a new installation.
 *
 * @returns whether this call initialised it
 */
export async function ensureDatabaseFolder(image: string, progress: Progress): Promise<boolean> {
  if (!readMounts().some(({ path }) => path === DB_DATA)) {
    throw new Failure(
      `${DB_DATA} is not a mounted dataset.`,
      'Look at zfs list, and run this again, which mounts it.',
    )
  }
  if (existsSync(`${DB_DATA}/.medforge-db`)) return false
  progress.detail('initialising an empty database')
  await runOrFail(
    'docker',
    [
      ...['run', '--rm', '--network', 'none', '--user', '10004:10004', '--cap-drop', 'ALL'],
      ...['--read-only', '--tmpfs', '/tmp', '--tmpfs', '/run/mysqld:uid=10004,gid=10004'],
      ...['--volume', `${DB_DATA}:/var/lib/mysql`, image, 'init'],
    ],
    {
      message: 'The database could not be initialised',
      remedy: `Look into ${DB_DATA} and at the pool with zpool status, and run this again.`,
    },
    { timeoutMs: 180_000 },
  )
  return true
}

/** Wait until the database container accepts connections. */
export async function waitForDatabase(progress: Progress): Promise<void> {
  const container = CONTAINERS.db
  progress.detail('waiting until the database accepts connections')
  const refuseCrashLoops = createCrashWatch(['db'])
  const isReady = await waitFor(
    async () => {
      const health = await run('docker', ['exec', container, 'medforge-db-health'])
      if (health.ok) return true
      await refuseCrashLoops()
      return undefined
    },
    { timeoutMs: 120_000, everyMs: 300 },
  )
  if (isReady) return
  const output = (await lastWords(container, 3)).split('\n').at(-1) ?? 'it said nothing'
  throw new Failure(
    `The database did not become ready (${output.slice(0, 300)}).`,
    'Read ./medforge logs db, and run this again when the cause is gone.',
  )
}
