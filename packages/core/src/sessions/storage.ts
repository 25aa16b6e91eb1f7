/** What a person's datasets use in bytes. `usedBytes` is all of it; `snapshotsBytes` what only snapshots hold. */
export type StorageUsage = { usedBytes: number; snapshotsBytes: number }

/** What a pool can hold, and what of it workspaces may still take, in bytes. */
export type PoolRoom = { sizeBytes: number; availableBytes: number }

const GIB = 1024 ** 3
const POOL_SHARE = 1 / 20
const PERSON_QUOTA_MIN_BYTES = 10 * GIB
const WORKSPACE_QUOTA_MIN_BYTES = GIB
const POOL_LOW_MAX_BYTES = 10 * GIB

/**
 * What a person may use before a further launch is refused, in bytes.
 *
 * @param options.overrideBytes  the operator's word about this person
 * @param options.settingGb  PERSON_QUOTA_GB
 * @param options.poolBytes  undefined: not known
 */
export function personQuota(options: {
  overrideBytes: number | null
  settingGb: number | null
  poolBytes: number | undefined
}): number {
  const { overrideBytes, settingGb, poolBytes = 0 } = options
  if (overrideBytes !== null) return overrideBytes
  if (settingGb !== null) return settingGb * GIB
  return Math.max(PERSON_QUOTA_MIN_BYTES, Math.floor(poolBytes * POOL_SHARE))
}

/**
 * What the workspace of a new session may hold, in bytes: what its person has left, with enough to work in the one that reaches the quota.
 *
 * @param options.settingGb  SESSION_WORKSPACE_QUOTA_GB
 */
export function workspaceQuota(options: {
  quotaBytes: number
  usedBytes: number
  settingGb: number | null
}): number {
  const { quotaBytes, usedBytes, settingGb } = options
  const left = Math.max(WORKSPACE_QUOTA_MIN_BYTES, quotaBytes - usedBytes)
  return settingGb === null ? left : Math.min(settingGb * GIB, left)
}

/** Whether another session could fill the pool before anybody has seen to it: a twentieth is left, or 10 GiB of a large one. */
export function isPoolLow({ sizeBytes, availableBytes }: PoolRoom): boolean {
  return availableBytes < Math.min(POOL_LOW_MAX_BYTES, sizeBytes * POOL_SHARE)
}

/** `1.5 GiB` */
export function formatGib(bytes: number): string {
  return `${Number((bytes / GIB).toFixed(2))} GiB`
}
