import type { AdminGpu } from '@medforge/contracts'
import { type GpuRequest, listGpus, setGpuEnabled } from '@medforge/core'
import { type DB, inTransaction } from '@medforge/db'
import type { Kysely } from 'kysely'
import { Failure } from '../failure.ts'

/**
 * Set the same desired state for several GPUs, all or none, with an audit row for each that changes.
 *
 * @returns those GPUs, as they are now
 * @throws Failure when one of them is none
 */
export async function setGpuEnableds(
  db: Kysely<DB>,
  refs: readonly string[],
  request: GpuRequest,
): Promise<AdminGpu[]> {
  const known = (await listGpus(db)).map(({ id }) => String(id))
  const unknown = refs.find((ref) => !known.includes(ref))
  if (unknown !== undefined) {
    throw new Failure(`There is no GPU ${unknown}.`, `Choose of ${known.join(', ')}.`)
  }
  const by = { actorUserId: null, at: new Date() }
  await inTransaction(db, async (tx) => {
    for (const ref of refs) await setGpuEnabled(tx, Number(ref), request, by)
  })
  return (await listGpus(db)).filter(({ id }) => refs.includes(String(id)))
}

/** Whether a session could get it now, and if not why: the strongest reason first. */
export function describeGpu(gpu: AdminGpu): string {
  if (gpu.session) return `held by ${gpu.session.slug}`
  if (!gpu.is_enabled) return 'disabled'
  if (!gpu.is_present) return 'not present'
  if (gpu.quarantine !== null) return 'quarantine'
  return gpu.health === 'healthy' ? 'free' : gpu.health
}

/** Everything that keeps or will keep it from sessions, in words. */
export function reasonsOf(gpu: AdminGpu): string | null {
  const reasons = [gpu.disabled_reason, gpu.health_reason]
  return reasons.filter((reason) => reason !== null).join('; ') || null
}
