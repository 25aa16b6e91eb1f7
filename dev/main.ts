import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readEnv } from '@medforge/api/config/env.ts'
import { createLogger } from '@medforge/api/lib/logger.ts'
import { shutdownSignal, untilAborted } from '@medforge/api/lib/shutdown.ts'
import { supervise } from '@medforge/api/main/supervise.ts'
import { API_PREFIX } from '@medforge/contracts'
import { eventually, findFreePort } from '@medforge/test-support'
import { openDevDatabase } from './database.ts'
import { createEdge } from './edge.ts'
import { emailOf, PASSWORD, PEOPLE, seedDatabase } from './seed.ts'
import { seedSubmissions } from './seed-submissions.ts'
import { API_HOST, DOMAIN, processEnvironment, REPOSITORY, WEB_HOST } from './settings.ts'
import { watchSources } from './watch-sources.ts'

const USAGE = `npm run dev (or ./medforge dev) [--port 8080]

Server, reconciler on containers and workspaces in memory, worker and web with reload, and a MariaDB of its own in .dev.
No Docker, no ZFS, no root. Delete .dev to begin with fresh data.
`
const API_MAIN = join(REPOSITORY, 'apps/api/src/main')
const GRACE_MS = 1_000
// A first start on a busy machine; a quiet one needs a tenth of it.
const START_LIMIT_MS = 300_000

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== 'dev'),
  options: { port: { type: 'string', default: '8080' }, help: { type: 'boolean', default: false } },
})
if (values.help) process.stdout.write(USAGE)
else await run(Number(values.port))

async function run(port: number): Promise<void> {
  const env = readEnv()
  const stopping = new AbortController()
  const signal = AbortSignal.any([shutdownSignal(createLogger('dev', 'warn')), stopping.signal])
  const { server: mariadb, url: databaseUrl } = await openDevDatabase(env.PATH ?? '')
  await using _mariadb = mariadb
  const isNew = await seedDatabase(databaseUrl)
  const ports = { port, apiPort: await findFreePort(), webPort: await findFreePort() }
  const environment = { ...keep(env), ...processEnvironment(databaseUrl, ports.apiPort) }
  const edge = createEdge(ports)
  const web = startWeb(environment, ports)
  const api = runApi(environment, signal)
  try {
    await waitForPort(ports.webPort)
    await waitForApi(ports.apiPort)
    if (isNew) await seedSubmissions(ports.apiPort)
    process.stdout.write(
      `\n  http://${WEB_HOST}:${port}   http://${API_HOST}:${port}/docs\n` +
        `  Sign in as ${PEOPLE.map(emailOf).join(', ')}; everybody's password is "${PASSWORD}".\n\n`,
    )
    await untilAborted(signal)
  } finally {
    stopping.abort()
    edge.close()
    edge.closeAllConnections()
    await Promise.all([api, end(web)])
  }
}

/** Server, reconciler and worker, started again whenever a file that they run has changed, until the signal aborts. */
async function runApi(environment: Record<string, string>, signal: AbortSignal): Promise<void> {
  const logger = createLogger('dev', 'warn')
  while (!signal.aborted) {
    const changed = watchSources(REPOSITORY, signal)
    const round = AbortSignal.any([signal, changed.signal])
    const worker = fork(join(API_MAIN, 'worker.ts'), {
      env: environment,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    await supervise({
      env: environment,
      logger,
      signal: round,
      scripts: {
        server: join(API_MAIN, 'server.ts'),
        reconciler: join(REPOSITORY, 'dev/reconciler.ts'),
      },
      serverUser: null,
      graceMs: GRACE_MS,
    })
    await end(worker)
    if (changed.file) process.stdout.write(`  ${changed.file} changed; started again.\n`)
  }
}

function startWeb(
  environment: Record<string, string>,
  { port, apiPort, webPort }: { port: number; apiPort: number; webPort: number },
): ChildProcess {
  const folder = join(REPOSITORY, 'apps/web')
  const next = join(REPOSITORY, 'node_modules/next/dist/bin/next')
  return spawn(
    process.execPath,
    [next, 'dev', '--hostname', '127.0.0.1', '--port', String(webPort)],
    {
      cwd: folder,
      env: {
        ...keep(environment),
        NODE_ENV: 'development',
        NEXT_TELEMETRY_DISABLED: '1',
        DOMAIN,
        NEXT_PUBLIC_API_URL: `http://${API_HOST}:${port}`,
        API_INTERNAL_URL: `http://127.0.0.1:${apiPort}`,
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
}

/** Of this shell's environment what any program needs. */
function keep(env: Record<string, string | undefined>): Record<string, string> {
  const names = ['PATH', 'HOME', 'TERM', 'LANG', 'NODE_OPTIONS']
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))
}

async function waitForPort(port: number): Promise<void> {
  await eventually(
    async () => {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      socket.destroy()
    },
    { timeoutMs: START_LIMIT_MS },
  )
}

/** Its port is open before: until the database answers, everything is refused there. */
async function waitForApi(port: number): Promise<void> {
  await eventually(
    async () => {
      const answer = await fetch(`http://127.0.0.1:${port}${API_PREFIX}/status`)
      if (!answer.ok) throw new Error(`The API answers ${answer.status}.`)
    },
    { timeoutMs: START_LIMIT_MS },
  )
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
  await gone
  clearTimeout(late)
}
