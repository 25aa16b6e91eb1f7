import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findFreePort } from './free-port.ts'

/** A MariaDB of a test's own, with its data in a folder that goes with it. */
export interface Mariadb extends AsyncDisposable {
  readonly port: number
  /** Of an account that may do everything; it bypasses `read_only`. */
  readonly url: string
  /** SIGKILL; resolves once it is gone. */
  kill(): Promise<void>
  /** Starts it on the same data and port, after `kill`. */
  start(): Promise<void>
}

export type MariadbOptions = {
  /** What was committed outlives a kill; slower. */
  isDurable?: boolean
}

const START_LIMIT_MS = 60_000
const PREFIX = 'medforge-mariadb-'
const LOCK = 'lock'

export async function openMariadb({ isDurable = false }: MariadbOptions = {}): Promise<Mariadb> {
  removeLeftovers()
  const folder = mkdtempSync(join(tmpdir(), PREFIX))
  const account = process.getuid?.() === 0 ? ['--user=root'] : []
  const install = spawnSync(
    'mariadb-install-db',
    [
      '--no-defaults',
      ...account,
      `--datadir=${folder}/data`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    { encoding: 'utf8' },
  )
  if (install.status !== 0) {
    rmSync(folder, { recursive: true, force: true })
    throw new Error(
      `No database could be made for the tests (mariadb-install-db: ${install.error?.message ?? install.stderr}). Install mariadb-server, or run ./medforge test, which does.`,
    )
  }
  const port = await findFreePort()
  const args = [
    // A kill -9 of this process ends the server too.
    ...['--pdeathsig', 'KILL', 'mariadbd'],
    '--no-defaults',
    ...account,
    `--datadir=${folder}/data`,
    // Its own: a server that starts removes the temporary tables of others.
    `--tmpdir=${folder}`,
    `--socket=${folder}/socket`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--log-error=${folder}/log`,
    `--pid-file=${folder}/pid`,
    ...(isDurable
      ? []
      : // Every test empties its tables.
        ['--innodb-flush-log-at-trx-commit=0', '--skip-innodb-doublewrite']),
    '--innodb-buffer-pool-size=64M',
    '--max-connections=300',
    '--performance-schema=OFF',
    '--skip-name-resolve',
  ]
  let server: { child: ChildProcess; gone: Promise<unknown> } | undefined

  async function kill(): Promise<void> {
    server?.child.kill('SIGKILL')
    await server?.gone
    server = undefined
    // Not a leftover yet, in the eyes of a run that starts now.
    utimesSync(folder, new Date(), new Date())
  }

  async function dispose(): Promise<void> {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  }

  async function start(): Promise<void> {
    // Held as long as the server lives, wherever somebody looks from: a test cell has process ids of its own.
    const locked = ['--no-fork', join(folder, LOCK), 'setpriv', ...args]
    const child = spawn('flock', locked, { stdio: 'ignore' })
    server = { child, gone: once(child, 'exit') }
    const deadline = Date.now() + START_LIMIT_MS
    while (!isUp(join(folder, 'socket'))) {
      if (child.exitCode !== null || Date.now() > deadline) {
        const lastWords = readFileSync(join(folder, 'log'), 'utf8').trim().split('\n').slice(-3)
        await dispose()
        throw new Error(`The database for the tests did not start:\n${lastWords.join('\n')}`)
      }
      await delay(100)
    }
  }

  await start()
  return {
    port,
    url: `mysql://test:test@127.0.0.1:${port}/mysql`,
    kill,
    start,
    [Symbol.asyncDispose]: dispose,
  }
}

const SET_UP_SQL =
  "CREATE USER IF NOT EXISTS test@'127.0.0.1' IDENTIFIED BY 'test'; GRANT ALL ON *.* TO test@'127.0.0.1' WITH GRANT OPTION"

function isUp(socket: string): boolean {
  const args = ['--no-defaults', `--socket=${socket}`, '-u', 'root', '-e', SET_UP_SQL]
  return spawnSync('mariadb', args).status === 0
}

function isLocked(path: string): boolean {
  return existsSync(path) && spawnSync('flock', ['--nonblock', path, 'true']).status !== 0
}

/** Folders of runs that were killed: their server is gone, so nobody writes to them. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name)
    const pid = existsSync(join(folder, 'pid'))
      ? readFileSync(join(folder, 'pid'), 'utf8').trim()
      : ''
    const isNew = Date.now() - statSync(folder).mtimeMs < START_LIMIT_MS
    const isServed = (pid !== '' && existsSync(`/proc/${pid}`)) || isLocked(join(folder, LOCK))
    if (!isNew && !isServed) rmSync(folder, { recursive: true, force: true })
  }
}
