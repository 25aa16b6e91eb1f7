import { totalmem } from 'node:os'
import type { EnvValues } from '../stack/env-file.ts'
import { KERNEL_LIMITS, KERNEL_LIMITS_FILE, raiseKernelLimits } from './kernel-limits.ts'
import { DOCKER_UNIT, lowerDaemonScores, mayLowerScores, PLATFORM_SCORE } from './oom-scores.ts'
import { decideShare, describeShare, measureHost, shareAsSettings } from './session-share.ts'
import type { ZfsKind } from './zfs.ts'
import { capZfsCache, readZfsCacheCap, ZFS_CACHE_FILE } from './zfs-cache.ts'

/** What this part writes outside of the installation's folders. */
export const LIMIT_FILES = [DOCKER_UNIT, KERNEL_LIMITS_FILE, ZFS_CACHE_FILE]

/**
 * What keeps neighbours on one host apart: each session's share of it in the settings, a cap of ZFS's cache, whom the kernel ends
 * first, and the kernel's own limits.
 *
 * @returns what was chosen, in words
 */
export async function ensureLimits(settings: EnvValues, zfs: ZfsKind, composeDir: string) {
  const said: string[] = []
  const isCapped = capZfsCache(totalmem())
  const host = await measureHost(settings, zfs, composeDir)
  if (host) {
    Object.assign(settings, shareAsSettings(decideShare(host)))
    said.push(describeShare(host, settings))
  } else {
    said.push('no GPU answers, so the limits of sessions stay as they are')
  }
  if (isCapped) said.push(`the cache of ZFS capped at ${readZfsCacheCap()} bytes`)
  const mayLower = await mayLowerScores()
  if (mayLower) await lowerDaemonScores()
  else said.push('this host lets no OOM score be lowered, so only those of sessions are raised')
  settings.PLATFORM_OOM_SCORE = String(mayLower ? PLATFORM_SCORE : 0)
  const { raised, refused } = raiseKernelLimits()
  for (const name of raised) said.push(`${name} raised to ${KERNEL_LIMITS[name]}`)
  for (const name of refused) said.push(`${name} cannot be raised to ${KERNEL_LIMITS[name]} here`)
  return said.join('; ')
}
