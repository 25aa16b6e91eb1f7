import { findLowLimits, KERNEL_LIMITS, type KernelLimits } from '../host/kernel-limits.ts'
import { DAEMON_SCORE, type DaemonScores, PLATFORM_SCORE } from '../host/oom-scores.ts'
import {
  decideShare,
  describeShare,
  type HostSize,
  shareAsSettings,
} from '../host/session-share.ts'
import { zfsCacheCap } from '../host/zfs-cache.ts'
import type { ContainerFacts } from '../stack/containers.ts'
import type { EnvValues } from '../stack/env-file.ts'

/** What keeps neighbours on one host apart, as it is. */
export type LimitFacts = {
  /** Undefined: no GPU answers, or nothing was set up. */
  host: HostSize | undefined
  mayLowerScores: boolean
  daemonScores: DaemonScores
  kernel: KernelLimits
  /** In bytes, 0 for none; undefined without ZFS in the kernel. */
  zfsCacheCap: number | undefined
}

type Judgement = { title: string; ok: boolean; detail: string }

/** One judgement for each; what is not met, `up` puts right. */
export function judgeLimits(
  facts: LimitFacts,
  settings: EnvValues | undefined,
  containers: readonly (ContainerFacts | undefined)[],
): Judgement[] {
  return [
    judgeShare(facts, settings),
    judgeScores(facts, containers),
    judgeKernel(facts.kernel),
    ...(facts.zfsCacheCap === undefined ? [] : [judgeZfsCache(facts.zfsCacheCap, facts.host)]),
  ]
}

function judgeShare({ host }: LimitFacts, settings: EnvValues | undefined): Judgement {
  const title = "The limits of sessions follow from this host's size"
  const recorded = [settings?.SESSION_CPU_SHARE, settings?.SESSION_MEM_SHARE]
  if (!settings || recorded.some((value) => !value)) return { title, ok: false, detail: 'not set' }
  if (!host) return { title, ok: true, detail: 'no GPU answers, so they stay as they are' }
  const share = shareAsSettings(decideShare(host))
  const ok = Object.entries(share).every(([name, value]) => settings[name] === value)
  const found = `recorded are ${recorded.join(' CPUs and ')}, it has ${Object.values(share).join(' CPUs and ')}`
  return { title, ok, detail: ok ? describeShare(host, settings) : found }
}

function judgeScores(
  { mayLowerScores, daemonScores }: LimitFacts,
  containers: readonly (ContainerFacts | undefined)[],
): Judgement {
  const scores = containers.map((container) => container?.HostConfig.OomScoreAdj)
  const wanted = mayLowerScores ? PLATFORM_SCORE : 0
  const daemons = Object.entries(daemonScores)
  const areLow = !mayLowerScores || daemons.every(([, score]) => score <= DAEMON_SCORE)
  const now = [
    `the platform has ${[...new Set(scores)].map((score) => score ?? 'no container').join(', ')}`,
    ...daemons.map(([name, score]) => `${name} ${score}`),
    ...(mayLowerScores ? [] : ['this host lets no score be lowered']),
  ]
  return {
    title: 'The kernel ends sessions before anything else when memory runs out',
    ok: scores.every((score) => score === wanted) && areLow,
    detail: now.join(', '),
  }
}

function judgeKernel(kernel: KernelLimits): Judgement {
  const low = findLowLimits(kernel)
  return {
    title: 'The kernel has enough of what sessions share by user id',
    ok: low.length === 0,
    detail:
      low
        .map((name) => `${name} is ${kernel[name] ?? 'absent'}, not ${KERNEL_LIMITS[name]}`)
        .join(', ') || 'inotify and pipes for seven heavy IDEs',
  }
}

function judgeZfsCache(capBytes: number, host: HostSize | undefined): Judgement {
  return {
    title: 'The cache of ZFS is capped',
    ok: capBytes > 0 && (host === undefined || capBytes <= zfsCacheCap(host.memoryBytes)),
    detail: capBytes > 0 ? `at ${capBytes} bytes` : 'no',
  }
}
