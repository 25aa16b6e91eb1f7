import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Env } from '@medforge/core/settings'
import type { Logger } from '../lib/logger.ts'
import { untilAborted } from '../lib/shutdown.ts'
import { type ChildName, childEnvironment, nextRestart, relayOf } from './supervision.ts'

export type SuperviseOptions = {
  env: Env
  logger: Logger
  /** Ends the children, then this. */
  signal: AbortSignal
  /** What each child runs. */
  scripts: Record<ChildName, string>
  /** The server's user; null keeps this process's (development only). It gets no supplementary group. */
  serverUser: { uid: number; gid: number } | null
  /** How long a child that was asked to end may take before it is killed. */
  graceMs: number
}

/**
 * Keeps server and reconciler running and passes their messages on, until the signal aborts; resolves once both are gone.
 *
 * A child that dies is started again after a pause that grows to half a minute, whatever it died of.
 */
export async function supervise(options: SuperviseOptions): Promise<void> {
  const { env, logger, signal, scripts, serverUser, graceMs } = options
  const children = new Map<ChildName, ChildProcess>()

  function startChild(name: ChildName, log: Logger): ChildProcess {
    const child = fork(scripts[name], {
      // Node drops every supplementary group together with the user.
      ...(name === 'server' ? serverUser : null),
      env: childEnvironment(name, env),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    children.set(name, child)
    log.info({ pid: child.pid }, 'supervisor.child_started')
    child.on('message', (message) => {
      const relay = relayOf(name, message)
      const receiver = relay ? children.get(relay.to) : undefined
      // A receiver that is not there misses a hint, nothing more: it reads the rows at its next pass.
      if (relay && receiver?.connected) receiver.send(relay.message, () => {})
    })
    return child
  }

  async function superviseChild(name: ChildName): Promise<void> {
    const log = logger.child({ child: name })
    let deaths = 0
    while (!signal.aborted) {
      const startedMs = performance.now()
      const child = startChild(name, log)
      const ended = once(child, 'exit').catch((error) => [null, null, error])
      await Promise.race([ended, untilAborted(signal)])
      if (signal.aborted) {
        await endChild(child, { ended, graceMs, log })
        return
      }
      const [code, killedBy, failure] = await ended
      children.delete(name)
      const restart = nextRestart(deaths, performance.now() - startedMs)
      deaths = restart.deaths
      log.error(
        { code, killed_by: killedBy, err: failure, restart_in_ms: restart.delayMs },
        'supervisor.child_died',
      )
      await sleep(restart.delayMs, undefined, { signal }).catch(() => {})
    }
  }

  await Promise.all([superviseChild('server'), superviseChild('reconciler')])
}

async function endChild(
  child: ChildProcess,
  { ended, graceMs, log }: { ended: Promise<unknown>; graceMs: number; log: Logger },
): Promise<void> {
  child.kill('SIGTERM')
  const grace = new AbortController()
  const late = sleep(graceMs, 'late', { signal: grace.signal }).catch(() => 'ended')
  if ((await Promise.race([ended, late])) === 'late') {
    log.error({ grace_ms: graceMs }, 'supervisor.child_killed')
    child.kill('SIGKILL')
    await ended
  }
  grace.abort()
}
