import type { DB } from '@medforge/db'
import type { Selectable } from 'kysely'

/** A GPU that the host has, as it was observed. */
export type GpuDevice = {
  index: number
  uuid: string
  model: string
  /** Null: it answers. Else what is wrong with it, in a sentence. */
  fault: string | null
  /** Null: the device does not report it. */
  memoryUsedMib: number | null
  /** Programs that compute on it, in the host's numbering. */
  pids: number[]
}

/** `silent`: no device answers, and none of them is to blame for it. */
export type GpuListing =
  | { kind: 'devices'; devices: GpuDevice[] }
  | { kind: 'silent'; reason: string }

export interface GpuInventory {
  /**
   * The devices of this host; an empty list means that it has none (no driver, no runtime for it).
   *
   * @param known  devices that were seen before, in their slots
   * @throws HostAwayError when that could not be found out: nothing may be concluded
   */
  list(known: readonly GpuDevice[], signal: AbortSignal): Promise<GpuListing>
}

export type GpuRow = Selectable<DB['gpu_devices']>

/** The observed state of a slot. What the operator desires (`enabled`, `disabled_reason`, `cleared_at`) is not in it. */
export type GpuFacts = Pick<
  GpuRow,
  'id' | 'present' | 'uuid' | 'model' | 'health' | 'health_reason' | 'quarantine' | 'quarantined_at'
>

/** A slot and the device in it, if there is one. */
export type GpuSlot = { row: GpuRow; device: GpuDevice | undefined }

/**
 * Which slot holds which device. A device keeps the slot that knows its UUID; one that is new takes the slot of its index, or else the
 * first that never had a device. Slots without a device are not present. Devices without a slot are left out.
 */
export function assignDevices(rows: readonly GpuRow[], devices: readonly GpuDevice[]): GpuSlot[] {
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
  return rows.map((row) => ({ row, device: slots.get(row.id) }))
}

/** The devices that the slots remember, for an inventory that has to ask them one by one. */
export function knownDevices(rows: readonly GpuRow[]): GpuDevice[] {
  return rows.flatMap(({ id, uuid, model, present }) =>
    uuid !== null && present
      ? [{ index: id, uuid, model: model ?? 'unknown', fault: null, memoryUsedMib: null, pids: [] }]
      : [],
  )
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
    quarantine: null,
    quarantined_at: null,
  }))
}

/** The facts that differ from the rows. */
export function changedFacts(rows: readonly GpuRow[], facts: readonly GpuFacts[]): GpuFacts[] {
  return facts.filter((fact) => {
    const row = rows.find(({ id }) => id === fact.id)
    return !row || Object.entries(fact).some(([key, value]) => row[key as keyof GpuFacts] !== value)
  })
}
