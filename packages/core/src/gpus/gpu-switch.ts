import { type DB, recordAudit, type SqlTime, sqlTimeToMs, toSqlTime } from '@medforge/db'
import type { Transaction } from 'kysely'
import { lockGpu, updateGpu } from './repository.ts'

export type GpuRequest = { isEnabled: boolean; reason?: string | undefined }

/** Who asks: an administrator, or (null) the operator on the host. */
export type RequestedBy = { actorUserId: string | null; requestId?: string; at: Date }

/**
 * Write down whether sessions may have a GPU, and who decided it; nothing for one that there is not, or where it is so already.
 *
 * The session that holds it goes on. Enabling also says that a fault was seen to: the reconciler asks the device again and ends its
 * quarantine if it answers. The quarantine of a dirty device ends when the device is clean, and not before.
 */
export async function setGpuEnabled(
  tx: Transaction<DB>,
  id: number,
  { isEnabled, reason }: GpuRequest,
  by: RequestedBy,
): Promise<void> {
  const row = await lockGpu(tx, id)
  if (!row) return
  const disabledReason = isEnabled ? null : (reason ?? row.disabled_reason)
  const clears = isEnabled && row.quarantine === 'fault'
  if (row.enabled === isEnabled && row.disabled_reason === disabledReason && !clears) return
  await updateGpu(tx, id, {
    enabled: isEnabled,
    disabled_reason: disabledReason,
    ...(clears ? { cleared_at: afterQuarantine(row.quarantined_at, by.at) } : {}),
  })
  const detail = {
    ...(disabledReason === null ? {} : { reason: disabledReason }),
    ...(clears ? { cleared: row.health_reason } : {}),
  }
  await recordAudit(tx, {
    ...by,
    action: isEnabled ? 'gpu.enable' : 'gpu.disable',
    subject: String(id),
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
  })
}

/** The reconciler compares the two, so one is later than the other even where the clock was put back between them. */
function afterQuarantine(quarantinedAt: SqlTime | null, at: Date): SqlTime {
  const earliestMs = quarantinedAt === null ? 0 : sqlTimeToMs(quarantinedAt) + 1
  return toSqlTime(new Date(Math.max(at.getTime(), earliestMs)))
}
