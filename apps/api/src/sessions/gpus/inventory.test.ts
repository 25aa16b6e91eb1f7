import { describe, expect, test } from 'vitest'
import { assignDevices, type GpuRow, simulatedDevices } from './inventory.ts'
import { parseSmi } from './nvidia.ts'

function rows(...known: Partial<GpuRow>[]): GpuRow[] {
  return Array.from({ length: 7 }, (_item, id) => ({
    id,
    enabled: true,
    present: false,
    uuid: null,
    model: null,
    health: 'unknown',
    health_reason: null,
    observed_at: null,
    ...known.find((row) => row.id === id),
  }))
}

const device = (index: number, uuid: string) => ({ index, uuid, model: 'NVIDIA H100' })

function holders(facts: ReturnType<typeof assignDevices>): Record<number, string> {
  return Object.fromEntries(
    facts.flatMap(({ id, present, uuid }) => (present && uuid ? [[id, uuid]] : [])),
  )
}

describe(assignDevices, () => {
  test('gives new devices the slots of their indices', () => {
    const facts = assignDevices(rows(), [device(0, 'GPU-a'), device(1, 'GPU-b')])
    expect(holders(facts)).toEqual({ 0: 'GPU-a', 1: 'GPU-b' })
    expect(facts[1]).toMatchObject({ health: 'healthy', model: 'NVIDIA H100' })
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

  test('says of a device that is gone why its slot is not handed out', () => {
    const [gone] = assignDevices(rows({ id: 0, uuid: 'GPU-a', present: true }), [])
    expect(gone).toMatchObject({
      present: false,
      uuid: 'GPU-a',
      health: 'unknown',
      health_reason: expect.stringContaining('no longer'),
    })
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

describe(parseSmi, () => {
  test('reads index, UUID and name, a device a line', () => {
    const output =
      '0, GPU-5c1e0f2a-1b2c-3d4e-5f60-718293a4b5c6, NVIDIA H100 80GB HBM3\r\n1, GPU-00000000-1b2c-3d4e-5f60-718293a4b5c6, NVIDIA A100, special\n'
    expect(parseSmi(output)).toEqual([
      {
        index: 0,
        uuid: 'GPU-5c1e0f2a-1b2c-3d4e-5f60-718293a4b5c6',
        model: 'NVIDIA H100 80GB HBM3',
      },
      { index: 1, uuid: 'GPU-00000000-1b2c-3d4e-5f60-718293a4b5c6', model: 'NVIDIA A100, special' },
    ])
  })

  test.each([
    '',
    'No devices were found',
    'Unable to determine the device handle for GPU0: GPU is lost.',
  ])('passes over %j', (output) => expect(parseSmi(output)).toEqual([]))
})
