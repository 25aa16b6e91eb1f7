import { type ChildProcess, type ForkOptions, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readProcessEnv } from '../config/env.ts'
import { createLogger, type Logger } from '../lib/logger.ts'
import { shutdownSignal, untilAborted } from '../lib/shutdown.ts'
import { type ChildName, childEnvironment, nextRestart, relayOf } from './supervision.ts'

/**
 * Starts the server (without root, and without anything that it has no use for) and the reconciler (with root), keeps both running and
 * passes their two messages on. Holds no state: killed, its children end too, and a new one starts from the database.
 *
 * Children of children are reaped by the container's init process, not here.
 */

/** The server's user; the image names it medforge-server. Never 1000, which owns every workspace. */
const SERVER_USER = { uid: 10_001, gid: 10_001 }
const GRACE_MS = 20_000

const env = readProcessEnv()
const logger = createLogger('supervisor', 'info')
const signal = shutdownSignal(logger)
const children = new Map<ChildName, ChildProcess>()
const isRoot = process.getuid?.() === 0
if (!isRoot) logger.warn('Not root: the server keeps this user. Only for development.')

await Promise.all([
  superviseChild('server', isRoot ? SERVER_USER : {}),
  superviseChild('reconciler', {}),
])
logger.info('supervisor.stopped')

/** Runs a child, again and again, until the signal aborts; resolves once its last process is gone. */
async function superviseChild(name: ChildName, user: ForkOptions): Promise<void> {
  const log = logger.child({ child: name })
  let deaths = 0
  while (!signal.aborted) {
    const startedMs = performance.now()
    const child = startChild(name, user, log)
    const ended = once(child, 'exit').catch((error) => [null, null, error])
    await Promise.race([ended, untilAborted(signal)])
    if (signal.aborted) {
      await endChild(child, ended, log)
      return
    }
    const [code, killedBy] = await ended
    children.delete(name)
    const restart = nextRestart(deaths, performance.now() - startedMs)
    deaths = restart.deaths
    log.error(
      { code, killed_by: killedBy, restart_in_ms: restart.delayMs },
      'supervisor.child_died',
    )
    await sleep(restart.delayMs, undefined, { signal }).catch(() => {})
  }
}

function startChild(name: ChildName, user: ForkOptions, log: Logger): ChildProcess {
  const child = fork(fileURLToPath(new URL(`${name}.ts`, import.meta.url)), {
    ...user,
    env: childEnvironment(name, env),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  children.set(name, child)
  log.info({ pid: child.pid }, 'supervisor.child_started')
  child.on('message', (message) => {
    const relay = relayOf(name, message)
    const receiver = relay ? children.get(relay.to) : undefined
    // A receiver that is not there misses a hint, nothing more: it reads the database when it comes back.
    if (relay && receiver?.connected) receiver.send(relay.message, () => {})
  })
  return child
}

async function endChild(child: ChildProcess, ended: Promise<unknown>, log: Logger): Promise<void> {
  child.kill('SIGTERM')
  const grace = new AbortController()
  const late = sleep(GRACE_MS, 'late', { signal: grace.signal }).catch(() => 'ended')
  if ((await Promise.race([ended, late])) === 'late') {
    log.error('supervisor.child_killed')
    child.kill('SIGKILL')
    await ended
  }
  grace.abort()
}
