import { alarmingShare, isPoolLow, type Reason } from '@medforge/core'
import type { Logger } from '../../lib/logger.ts'
import { callDocker, type Docker, isDockerStatus } from '../docker/client.ts'
import { HostAwayError } from '../host-error.ts'
import type { Firewall } from '../network/firewall.ts'
import type { PortGuard } from '../network/ports.ts'
import type { SessionWorkspaces } from '../workspace/port.ts'
import type { HostPart, HostState } from './state.ts'

export type HostCheck = {
  part: HostPart
  /** How old a good answer may become; a bad one is checked again at every scan. */
  maxAgeMs: number
  /** Null: this part works. */
  run(signal: AbortSignal, host: HostState): Promise<Reason | null>
}

export interface HostChecks {
  /** Start every check whose answer is too old. One that hangs delays neither the others nor the caller. */
  runDue(signal: AbortSignal): void
  /** Resolves when the checks in progress have ended. */
  idle(): Promise<void>
}

export function createHostChecks(options: {
  checks: readonly HostCheck[]
  host: HostState
  logger: Logger
}): HostChecks {
  const { host, logger } = options
  const entries = options.checks.map((check) => ({ check, goodUntilMs: 0, isHealthy: true }))
  const running = new Map<HostPart, Promise<void>>()

  async function run(entry: (typeof entries)[number], signal: AbortSignal): Promise<void> {
    const { check } = entry
    let cause: unknown
    const reason = await check.run(signal, host).catch((error): Reason => {
      cause = error
      const text = error instanceof HostAwayError ? error.text : `The ${check.part} check failed.`
      return { code: `${check.part}_away`, text }
    })
    if (signal.aborted) return
    host.set(check.part, reason)
    entry.goodUntilMs = reason === null ? performance.now() + check.maxAgeMs : 0
    if ((reason === null) !== entry.isHealthy) {
      entry.isHealthy = reason === null
      const level = entry.isHealthy ? 'info' : 'error'
      const fields = { part: check.part, reason: reason?.text ?? 'healthy again' }
      logger[level](cause === undefined ? fields : { ...fields, err: cause }, 'host.check')
    }
  }

  return {
    runDue(signal) {
      for (const entry of entries) {
        const { part } = entry.check
        if (running.has(part) || performance.now() < entry.goodUntilMs) continue
        const work = run(entry, signal).finally(() => running.delete(part))
        running.set(part, work)
      }
    },
    async idle() {
      await Promise.all(running.values())
    },
  }
}

// Fixed, so that it is the same report from scan to scan.
const POOL_LOW: Reason = {
  code: 'pool_low',
  text: 'The storage of this host is nearly full. Tell the operator, who has to free some.',
}

/** The pool works and has room for another session. */
export function poolCheck(workspaces: SessionWorkspaces): HostCheck {
  return {
    part: 'pool',
    maxAgeMs: 0,
    async run(signal, host) {
      const room = await workspaces.check(signal)
      host.setPoolBytes(room.sizeBytes)
      return isPoolLow(room) ? POOL_LOW : null
    },
  }
}

export function networkCheck(firewall: Firewall): HostCheck {
  return {
    part: 'network',
    maxAgeMs: 10_000,
    async run(signal) {
      await firewall.readNetwork(signal)
      return null
    },
  }
}

export function portsCheck(ports: PortGuard): HostCheck {
  return {
    part: 'ports',
    maxAgeMs: 10_000,
    async run(signal) {
      await ports.ensure(signal)
      return null
    },
  }
}

// Rules that were flushed are found and put back within this time and a scan.
const FIREWALL_MAX_AGE_MS = 30_000

// After a leak was found the probe is made again, but not at every scan: it takes two containers.
const LEAK_RETRY_MS = 60_000

/** Rules that are in place, and hold: tried out with throw-away containers before the first session is started behind them. */
export function firewallCheck(firewall: Firewall, logger: Logger): HostCheck {
  let leak: { reason: Reason; seenMs: number } | undefined

  async function prove(signal: AbortSignal): Promise<Reason | null> {
    if (leak && performance.now() - leak.seenMs < LEAK_RETRY_MS) return leak.reason
    const reached = await firewall.probe(signal)
    leak = undefined
    if (reached.length === 0) return null
    logger.error({ part: 'firewall', reached }, 'host.firewall.failed')
    const text = 'The sessions firewall is in place and lets through what it should not.'
    leak = { reason: { code: 'firewall_leaks', text }, seenMs: performance.now() }
    return leak.reason
  }

  return {
    part: 'firewall',
    maxAgeMs: FIREWALL_MAX_AGE_MS,
    async run(signal) {
      const verdict = await firewall.ensure(signal)
      if (verdict.state === 'failed') {
        logger.error({ part: 'firewall', faults: verdict.faults }, 'host.firewall.failed')
        return { code: 'firewall_missing', text: 'The sessions firewall is not in place.' }
      }
      if (verdict.state === 'repaired') logger.warn({ part: 'firewall' }, 'host.firewall.repaired')
      return verdict.state === 'proven' ? null : prove(signal)
    },
  }
}

/** The host's table of connections has room, as far as the firewall's last look tells. */
export function connectionsCheck(firewall: Pick<Firewall, 'trackedConnections'>): HostCheck {
  return {
    part: 'connections',
    maxAgeMs: 0,
    async run() {
      const tracked = firewall.trackedConnections()
      const percent = tracked && alarmingShare(tracked)
      if (percent === null) return null
      const text = `The host's table of connections is ${percent} % full.`
      return { code: 'connections_high', text }
    },
  }
}

/** The pack's image is on this host; nothing is ever pulled while a person waits. */
export function imageCheck(docker: Docker, image: string): HostCheck {
  return {
    part: 'image',
    maxAgeMs: 30_000,
    async run(signal) {
      try {
        await callDocker({ limitMs: 5_000, signal }, () => docker.getImage(image).inspect())
        return null
      } catch (error) {
        if (!isDockerStatus(error, 404)) throw error
        return { code: 'image_missing', text: 'The image of the default pack is not on this host.' }
      }
    },
  }
}
