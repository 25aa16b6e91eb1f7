import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const START_LIMIT_MS = 60_000

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
  const folder = mkdtempSync(join(tmpdir(), 'medforge-mariadb-'))
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
    'mariadbd',
    [
      '--no-defaults',
      ...account,
      `--datadir=${folder}/data`,
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

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  if (address === null || typeof address === 'string') throw new Error('No free port.')
  return address.port
}
