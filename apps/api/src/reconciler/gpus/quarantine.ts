import { type SqlTime, toSqlTime } from '@medforge/db'
import type { GpuFacts, GpuRow, GpuSlot } from './inventory.ts'

// What a driver keeps for itself on an idle device is far below this, a forgotten model far above.
const DIRTY_MEMORY_MIB = 1024

/**
 * What is known of a slot after its device was inspected, and whether sessions may have it.
 *
 * A fault (the device failed, or did not answer while others did) stays until the operator clears it: hardware that came back by itself
 * is not trusted. Dirt (a program or memory on it that belongs to no session) is over as soon as it is not seen any more.
 *
 * @param isHeld  a session held it at some time during the inspection, so what runs on it may be that session's
 */
export function judgeGpu({ row, device }: GpuSlot, isHeld: boolean, at: Date): GpuFacts {
  const { id } = row
  if (!device) {
    const { uuid, model, quarantine, quarantined_at } = row
    const gone = uuid === null ? null : 'The device is no longer in this host.'
    const health_reason = quarantine === 'fault' ? row.health_reason : gone
    const memory = quarantine === 'fault' ? { quarantine, quarantined_at } : FREE
    return { id, present: false, uuid, model, health: 'unknown', health_reason, ...memory }
  }
  const { uuid, model, fault } = device
  const seen = { id, present: true, uuid, model }
  // Another device in this slot inherits nothing.
  const before = row.uuid === uuid ? row : undefined
  if (fault !== null) {
    const since = before && isStanding(before) ? before.quarantined_at : null
    return { ...seen, ...failing('fault', fault, since ?? toSqlTime(at)) }
  }
  if (before && isStanding(before)) {
    const { health_reason, quarantined_at } = before
    const reason = health_reason ?? 'It failed earlier.'
    return { ...seen, ...failing('fault', reason, quarantined_at ?? toSqlTime(at)) }
  }
  // Dirt that was seen stays until it is seen gone, also when a session that waits for the GPU counts as its holder.
  const dirt = isHeld && before?.quarantine !== 'dirty' ? null : dirtOf(device)
  if (dirt !== null) {
    const since = before?.quarantine === 'dirty' ? before.quarantined_at : null
    return { ...seen, ...failing('dirty', dirt, since ?? toSqlTime(at)) }
  }
  return { ...seen, health: 'healthy', health_reason: null, ...FREE }
}

/** All that is known of a slot while no device answers: no session gets it, and nothing else changes. */
export function judgeUnseen(row: GpuRow, reason: string): GpuFacts {
  const { id, present, uuid, model, quarantine, quarantined_at } = row
  const isQuarantined = quarantine !== null
  return {
    ...{ id, present, uuid, model, quarantine, quarantined_at },
    health: isQuarantined ? row.health : 'unknown',
    health_reason: isQuarantined ? row.health_reason : reason,
  }
}

/** Whether the operator cleared this quarantine, so that the device is to be inspected again soon. */
export function isClearedFault({ quarantine, quarantined_at, cleared_at }: GpuRow): boolean {
  return (
    quarantine === 'fault' &&
    cleared_at !== null &&
    (quarantined_at === null || cleared_at > quarantined_at)
  )
}

function isStanding(row: GpuRow): boolean {
  return row.quarantine === 'fault' && !isClearedFault(row)
}

const FREE = { quarantine: null, quarantined_at: null } as const

function failing(quarantine: 'fault' | 'dirty', health_reason: string, quarantined_at: SqlTime) {
  return { health: 'failing', health_reason, quarantine, quarantined_at } as const
}

function dirtOf(device: NonNullable<GpuSlot['device']>): string | null {
  const { pids, memoryUsedMib } = device
  if (pids.length > 0) {
    return `In use by no session: ${pids.length === 1 ? 'process' : 'processes'} ${pids.slice(0, 8).join(', ')}.`
  }
  if (memoryUsedMib !== null && memoryUsedMib > DIRTY_MEMORY_MIB) {
    return `In use by no session: ${memoryUsedMib} MiB of its memory are taken.`
  }
  return null
}
