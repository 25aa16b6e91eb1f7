import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const START_LIMIT_MS = 60_000
const PREFIX = 'medforge-mariadb-'

/**
 * One MariaDB for the whole run, empty and thrown away afterwards; `TEST_DATABASE_URL` tells the tests where it is.
 * Where that is set already, that server is used and left alone (for a developer who keeps one running).
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // biome-ignore lint/style/noProcessEnv: the environment is how a set-up file hands things to vitest's workers
  const environment = process.env
  if (environment.TEST_DATABASE_URL) return undefined
  const server = await startMariadb()
  environment.TEST_DATABASE_URL = server.url
  return server.stop
}

async function startMariadb(): Promise<{ url: string; stop: () => Promise<void> }> {
  removeLeftovers()
  const folder = mkdtempSync(join(tmpdir(), PREFIX))
  const socket = join(folder, 'socket')
  const log = join(folder, 'log')
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
  const server = spawn(
    'setpriv',
    [
      // A kill -9 of this process ends the server too.
      ...['--pdeathsig', 'KILL', 'mariadbd'],
      '--no-defaults',
      ...account,
      `--datadir=${folder}/data`,
      // Its own: a server that starts removes the temporary tables of others.
      `--tmpdir=${folder}`,
      `--socket=${socket}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--log-error=${log}`,
      `--pid-file=${folder}/pid`,
      // Nothing in it has to survive a power cut, and every test empties tables.
      '--innodb-flush-log-at-trx-commit=0',
      '--skip-innodb-doublewrite',
      '--innodb-buffer-pool-size=64M',
      '--max-connections=300',
      '--performance-schema=OFF',
      '--skip-name-resolve',
    ],
    { stdio: 'ignore' },
  )
  const gone = once(server, 'exit')
  const stop = async () => {
    server.kill('SIGKILL')
    await gone
    rmSync(folder, { recursive: true, force: true })
  }
  const isUp = () =>
    spawnSync('mariadb', ['--no-defaults', `--socket=${socket}`, '-u', 'root', '-e', SET_UP_SQL])
      .status === 0
  const deadline = Date.now() + START_LIMIT_MS
  while (!isUp()) {
    if (server.exitCode !== null || Date.now() > deadline) {
      const lastWords = readFileSync(log, 'utf8').trim().split('\n').slice(-3).join('\n')
      await stop()
      throw new Error(`The database for the tests did not start:\n${lastWords}`)
    }
    await delay(100)
  }
  return { url: `mysql://test:test@127.0.0.1:${port}/mysql`, stop }
}

const SET_UP_SQL =
  "CREATE USER IF NOT EXISTS test@'127.0.0.1' IDENTIFIED BY 'test'; GRANT ALL ON *.* TO test@'127.0.0.1' WITH GRANT OPTION"

/** Folders of runs that were killed: their server is gone, so nobody writes to them. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name)
    const pid = existsSync(join(folder, 'pid'))
      ? readFileSync(join(folder, 'pid'), 'utf8').trim()
      : ''
    const isNew = Date.now() - statSync(folder).mtimeMs < START_LIMIT_MS
    const isServed = pid !== '' && existsSync(`/proc/${pid}`)
    if (!isNew && !isServed) rmSync(folder, { recursive: true, force: true })
  }
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  if (address === null || typeof address === 'string') throw new Error('No free port.')
  return address.port
}
