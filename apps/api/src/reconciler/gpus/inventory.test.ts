import { describe, expect, test } from 'vitest'
import { assignDevices, type GpuRow, simulatedDevices } from './inventory.ts'

function rows(...known: Partial<GpuRow>[]): GpuRow[] {
  return Array.from({ length: 7 }, (_item, id) => ({
    id,
    enabled: true,
    present: false,
    disabled_reason: null,
    cleared_at: null,
    uuid: null,
    model: null,
    health: 'unknown',
    health_reason: null,
    quarantine: null,
    quarantined_at: null,
    observed_at: null,
    ...known.find((row) => row.id === id),
  }))
}

const device = (index: number, uuid: string) => ({
  ...{ index, uuid, model: 'NVIDIA H100', fault: null, memoryUsedMib: 4, pids: [] },
})

function holders(slots: ReturnType<typeof assignDevices>): Record<number, string> {
  return Object.fromEntries(
    slots.flatMap(({ row, device }) => (device ? [[row.id, device.uuid]] : [])),
  )
}

describe(assignDevices, () => {
  test('gives new devices the slots of their indices', () => {
    const slots = assignDevices(rows(), [device(0, 'GPU-a'), device(1, 'GPU-b')])
    expect(holders(slots)).toEqual({ 0: 'GPU-a', 1: 'GPU-b' })
  })

  test('keeps a device in its slot when the indices change after a fault', () => {
    const before = rows(
      { id: 0, uuid: 'GPU-a' },
      { id: 1, uuid: 'GPU-b' },
      { id: 2, uuid: 'GPU-c' },
    )
    const facts = assignDevices(before, [device(0, 'GPU-b'), device(1, 'GPU-c')])
    expect(holders(facts)).toEqual({ 1: 'GPU-b', 2: 'GPU-c' })
  })

  test('gives a new device the first slot that never had one, and then one whose device is gone', () => {
    const before = rows({ id: 0, uuid: 'GPU-a' })
    expect(holders(assignDevices(before, [device(0, 'GPU-new')]))).toEqual({ 1: 'GPU-new' })
    const full = rows(...Array.from({ length: 7 }, (_item, id) => ({ id, uuid: `GPU-${id}` })))
    expect(holders(assignDevices(full, [device(0, 'GPU-new')]))).toEqual({ 0: 'GPU-new' })
  })

  test('leaves out what has no slot, and never gives one device two', () => {
    const many = Array.from({ length: 9 }, (_item, index) => device(index, `GPU-${index}`))
    const held = Object.values(holders(assignDevices(rows(), many)))
    expect(held).toHaveLength(7)
    expect(new Set(held).size).toBe(7)
  })
})

describe(simulatedDevices, () => {
  test('makes every slot present without a device', () => {
    const facts = simulatedDevices(rows())
    expect(facts).toHaveLength(7)
    expect(facts[6]).toMatchObject({
      present: true,
      health: 'healthy',
      uuid: null,
      model: 'simulated',
    })
  })
})
