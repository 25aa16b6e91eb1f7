import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { SEEDED_GPU_IDS } from '@medforge/contracts'
import { parseSetting } from '@medforge/core/settings'
import type { EnvValues } from '../stack/env-file.ts'
import { GIB } from './disk.ts'
import { countGpus } from './gpus.ts'
import type { ZfsKind } from './zfs.ts'
import { zfsCacheBytes } from './zfs-cache.ts'

const MIB = 1024 ** 2

/* What one session gets of its host where nobody set another limit. */

/** What a session gets on any host: an IDE with a language server or two needs it. */
export const SESSION_MEMORY_MIN_BYTES = 2 * GIB
const SESSION_CPUS_MIN = 2
/** For the kernel, Docker's servers and whoever is logged in: a tenth of all, and at least this. */
const HOST_MEMORY_MIN_BYTES = GIB
/** A kernel update that leaves some MiB more or less changes nobody's limits. */
const STEP_BYTES = 64 * MIB

/** The part of a host that its sessions share. */
export type HostSize = {
  memoryBytes: number
  cpus: number
  /** Sessions that run at once. */
  gpus: number
  /** What the platform's containers may take together. */
  platformBytes: number
  /** What ZFS may keep in memory beside the file cache of the kernel. */
  zfsCacheBytes: number
}

export type SessionShare = { cpus: number; memoryBytes: number }

/** Memory that sessions may fill together, in bytes. */
export function memoryForSessions(host: HostSize): number {
  const kept = Math.max(HOST_MEMORY_MIN_BYTES, host.memoryBytes / 10)
  return Math.max(0, host.memoryBytes - kept - host.platformBytes - host.zfsCacheBytes)
}

/**
 * What one session gets where nobody set another limit: memory that is sold once, and processors that idle neighbours leave to it,
 * because the processors are shared by weight.
 */
export function decideShare(host: HostSize): SessionShare {
  const memory = Math.floor(memoryForSessions(host) / host.gpus / STEP_BYTES) * STEP_BYTES
  const cpus = Math.max(SESSION_CPUS_MIN, Math.floor((host.cpus / host.gpus) * 10) / 10)
  return {
    // Docker refuses more than there are.
    cpus: Math.min(host.cpus, cpus),
    memoryBytes: Math.max(SESSION_MEMORY_MIN_BYTES, memory),
  }
}

/** How many sessions of so much memory the host can hold at once, whatever number of GPUs it has. */
export function countFitting(host: HostSize, sessionBytes: number): number {
  return Math.floor(memoryForSessions(host) / sessionBytes)
}

/** The share as the settings have it. */
export function shareAsSettings({ cpus, memoryBytes }: SessionShare) {
  return { SESSION_CPU_SHARE: String(cpus), SESSION_MEM_SHARE: `${memoryBytes / MIB}m` }
}

/**
 * The size of this host; undefined while none of its GPUs answers, because a driver that is lost for a while changes nobody's limits.
 *
 * @param composeDir  where the compose file with the platform's own limits is
 */
export async function measureHost(
  settings: EnvValues,
  zfs: ZfsKind,
  composeDir: string,
): Promise<HostSize | undefined> {
  const slots = SEEDED_GPU_IDS.length
  const gpus = settings.GPU_MODE === 'simulated' ? slots : Math.min(slots, await countGpus())
  if (gpus === 0) return undefined
  const memoryBytes = totalmem()
  const compose = readFileSync(join(composeDir, 'docker-compose.yml'), 'utf8')
  return {
    memoryBytes,
    cpus: availableParallelism(),
    gpus,
    platformBytes: sumMemoryLimits(compose),
    zfsCacheBytes: zfsCacheBytes(zfs, memoryBytes),
  }
}

/** What the services of a compose file may take together, in bytes. */
export function sumMemoryLimits(compose: string): number {
  return [...compose.matchAll(/^ {4}mem_limit: (\S+)$/gm)].reduce(
    (sum, [, size]) => sum + (parseSetting('SESSION_MEM_LIMIT', { SESSION_MEM_LIMIT: size }) ?? 0),
    0,
  )
}

/** What `up` and `doctor` say about the memory and the processors that sessions get on this host. */
export function describeShare(host: HostSize, settings: EnvValues): string {
  const share = decideShare(host)
  const cpus = parseSetting('SESSION_CPU_LIMIT', settings) ?? share.cpus
  const memoryBytes = parseSetting('SESSION_MEM_LIMIT', settings) ?? share.memoryBytes
  const each = `${cpus} CPUs and ${Math.round(memoryBytes / MIB)} MiB`
  const fitting = countFitting(host, memoryBytes)
  return fitting < host.gpus
    ? `${each} a session: this host has memory for ${fitting} at once, and ${host.gpus} GPUs`
    : `${each} for each of ${host.gpus} sessions`
}
