import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
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

/** A MariaDB of one's own, as the user who runs it, on a free port of loopback. */
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
  /** Where the data lies and stays; otherwise in a folder that goes with the server. */
  folder?: string
  /** Programs that are not the host's; `env` is added to what the children have. */
  programs?: { env: Record<string, string>; basedir: string | null }
}

const START_LIMIT_MS = 60_000
const PREFIX = 'medforge-mariadb-'
const LOCK = 'lock'

export async function openMariadb(options: MariadbOptions = {}): Promise<Mariadb> {
  const { isDurable = false, programs } = options
  removeLeftovers()
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), PREFIX))
  // biome-ignore lint/style/noProcessEnv: the children need what this process has, and the programs' own folders beside it
  const env = { ...process.env, ...programs?.env }
  const basedir = programs?.basedir ? [`--basedir=${programs.basedir}`] : []
  const account = process.getuid?.() === 0 ? ['--user=root'] : []
  if (!existsSync(join(folder, 'data'))) installDatabase(folder, [...account, ...basedir], env)
  const port = await findFreePort()
  const args = [
    // A kill -9 of this process ends the server too.
    ...['--pdeathsig', 'KILL', 'mariadbd'],
    '--no-defaults',
    ...account,
    ...basedir,
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
    if (options.folder === undefined) {
      await kill()
      rmSync(folder, { recursive: true, force: true })
      return
    }
    server?.child.kill('SIGTERM')
    await server?.gone
  }

  async function start(): Promise<void> {
    // Held as long as the server lives, wherever somebody looks from: a test cell has process ids of its own.
    const locked = ['--nonblock', '--no-fork', join(folder, LOCK), 'setpriv', ...args]
    const child = spawn('flock', locked, { stdio: 'ignore', env })
    server = { child, gone: once(child, 'exit') }
    const deadline = Date.now() + START_LIMIT_MS
    while (!isUp(join(folder, 'socket'), env)) {
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

function installDatabase(folder: string, options: readonly string[], env: NodeJS.ProcessEnv): void {
  const args = [
    '--no-defaults',
    ...options,
    `--datadir=${folder}/data`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ]
  mkdirSync(folder, { recursive: true })
  const install = spawnSync('mariadb-install-db', args, { encoding: 'utf8', env })
  if (install.status === 0) return
  rmSync(folder, { recursive: true, force: true })
  throw new Error(
    `No database could be made (mariadb-install-db: ${install.error?.message ?? install.stderr}). Install mariadb-server, or run ./medforge test, which does.`,
  )
}

const SET_UP_SQL =
  "CREATE USER IF NOT EXISTS test@'127.0.0.1' IDENTIFIED BY 'test'; GRANT ALL ON *.* TO test@'127.0.0.1' WITH GRANT OPTION"

function isUp(socket: string, env: NodeJS.ProcessEnv): boolean {
  const args = ['--no-defaults', `--socket=${socket}`, '-u', 'root', '-e', SET_UP_SQL]
  return spawnSync('mariadb', args, { env }).status === 0
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
