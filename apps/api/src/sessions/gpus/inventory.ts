import { type DB, toSqlTime } from '@medforge/db'
import type { Kysely, Selectable } from 'kysely'

/** A GPU that the host has. */
export type GpuDevice = { index: number; uuid: string; model: string }

export interface GpuInventory {
  /**
   * The devices of this host; an empty list means that it has none (no driver, no runtime for it).
   *
   * @throws HostAwayError when that could not be found out: nothing may be concluded
   */
  list(signal: AbortSignal): Promise<GpuDevice[]>
}

export type GpuRow = Selectable<DB['gpu_devices']>

/** What was observed about a slot. The operator's wish (`enabled`) is not in it. */
export type GpuFacts = Pick<
  GpuRow,
  'id' | 'present' | 'uuid' | 'model' | 'health' | 'health_reason'
>

/**
 * Which slot holds which device. A device keeps the slot that knows its UUID; one that is new takes the slot of its index, or else the
 * first that never had a device. Slots without a device are not present. Devices without a slot are left out.
 */
export function assignDevices(rows: readonly GpuRow[], devices: readonly GpuDevice[]): GpuFacts[] {
  const slots = new Map<number, GpuDevice>()
  for (const device of devices) {
    const known = rows.find((row) => row.uuid === device.uuid)
    if (known) slots.set(known.id, device)
  }
  const placed = new Set([...slots.values()].map((device) => device.uuid))
  for (const device of devices.filter(({ uuid }) => !placed.has(uuid))) {
    const isFree = (row: GpuRow) => !slots.has(row.id) && row.uuid === null
    const slot =
      rows.find((row) => row.id === device.index && isFree(row)) ??
      rows.find(isFree) ??
      rows.find((row) => !slots.has(row.id))
    if (slot) slots.set(slot.id, device)
  }
  return rows.map((row) => {
    const device = slots.get(row.id)
    if (device) {
      const { uuid, model } = device
      return { id: row.id, present: true, uuid, model, health: 'healthy', health_reason: null }
    }
    const { uuid, model } = row
    const reason = uuid === null ? null : 'The device is no longer in this host.'
    return { id: row.id, present: false, uuid, model, health: 'unknown', health_reason: reason }
  })
}

export const SIMULATED_MODEL = 'simulated'

/** Every slot present and healthy, with no device behind it. */
export function simulatedDevices(rows: readonly GpuRow[]): GpuFacts[] {
  return rows.map(({ id }) => ({
    id,
    present: true,
    uuid: null,
    model: SIMULATED_MODEL,
    health: 'healthy',
    health_reason: null,
  }))
}

/** Write down what was observed, changed slots only: a slot's lock is what a launch waits for. */
export async function recordGpus(
  db: Kysely<DB>,
  rows: readonly GpuRow[],
  facts: readonly GpuFacts[],
  at: Date,
): Promise<number> {
  const changed = facts.filter((fact) => {
    const row = rows.find(({ id }) => id === fact.id)
    return !row || Object.entries(fact).some(([key, value]) => row[key as keyof GpuFacts] !== value)
  })
  if (changed.length === 0) return 0
  await db.transaction().execute(async (tx) => {
    // Two devices may have changed places: no UUID may stand twice on the way.
    const ids = changed.map(({ id }) => id)
    await tx.updateTable('gpu_devices').set({ uuid: null }).where('id', 'in', ids).execute()
    for (const { id, ...fact } of changed) {
      const patch = { ...fact, observed_at: toSqlTime(at) }
      await tx.updateTable('gpu_devices').set(patch).where('id', '=', id).execute()
    }
  })
  return changed.length
}

export async function listGpuRows(db: Kysely<DB>): Promise<GpuRow[]> {
  return db.selectFrom('gpu_devices').selectAll().orderBy('id').execute()
}
