import { describe, expect, test } from 'vitest'
import type { GpuDevice, GpuRow } from './inventory.ts'
import { isClearedFault, judgeGpu, judgeUnseen } from './quarantine.ts'

const UUID = 'GPU-aaaaaaaa-0000-0000-0000-000000000000'
const EARLIER = '2026-03-01 11:00:00.000000'
const LATER = '2026-03-01 11:30:00.000000'
const AT = new Date('2026-03-01T12:00:00Z')
const NOW = '2026-03-01 12:00:00.000000'

function row(overrides: Partial<GpuRow> = {}): GpuRow {
  return {
    ...{ id: 3, enabled: true, disabled_reason: null, cleared_at: null },
    ...{ present: true, uuid: UUID, model: 'NVIDIA H100', observed_at: EARLIER },
    ...{ health: 'healthy', health_reason: null, quarantine: null, quarantined_at: null },
    ...overrides,
  }
}

function device(overrides: Partial<GpuDevice> = {}): GpuDevice {
  return {
    ...{ index: 3, uuid: UUID, model: 'NVIDIA H100', fault: null, memoryUsedMib: 4, pids: [] },
    ...overrides,
  }
}

const FAULTY = row({
  ...{ health: 'failing', health_reason: 'GPU is lost', quarantine: 'fault' },
  quarantined_at: EARLIER,
})
const DIRTY = row({
  ...{ health: 'failing', health_reason: 'In use', quarantine: 'dirty', quarantined_at: EARLIER },
})
const judge = (slot: { row?: GpuRow; device?: GpuDevice }, isHeld = false) =>
  judgeGpu({ row: slot.row ?? row(), device: slot.device }, isHeld, AT)

describe(judgeGpu, () => {
  test('finds a clean device healthy', () =>
    expect(judge({ device: device() })).toMatchObject({ health: 'healthy', quarantine: null }))

  test('quarantines a fault, with its reason and the time, held or not', () => {
    for (const isHeld of [false, true]) {
      expect(judge({ device: device({ fault: 'GPU is lost' }) }, isHeld)).toMatchObject({
        ...{ present: true, health: 'failing', health_reason: 'GPU is lost' },
        ...{ quarantine: 'fault', quarantined_at: NOW },
      })
    }
  })

  test('keeps a fault although the device answers again, and while it is out of the host', () => {
    const standing = { quarantine: 'fault', quarantined_at: EARLIER, health_reason: 'GPU is lost' }
    expect(judge({ row: FAULTY, device: device() })).toMatchObject(standing)
    expect(judge({ row: FAULTY })).toMatchObject({ ...standing, present: false })
  })

  test('lets a fault go once the operator cleared it and the device answers', () => {
    const cleared = { ...FAULTY, cleared_at: LATER }
    expect(isClearedFault(cleared)).toBe(true)
    expect(judge({ row: cleared, device: device() })).toMatchObject({
      ...{ health: 'healthy', quarantine: null, quarantined_at: null },
    })
    expect(judge({ row: cleared, device: device({ fault: 'still' }) })).toMatchObject({
      ...{ quarantine: 'fault', quarantined_at: NOW, health_reason: 'still' },
    })
  })

  test('takes what was cleared before a fault for no word on this one', () => {
    const stale = { ...FAULTY, quarantined_at: LATER, cleared_at: EARLIER }
    expect(judge({ row: stale, device: device() })).toMatchObject({ quarantine: 'fault' })
  })

  test.each([
    ['a program', { pids: [4711] }, '4711'],
    ['much memory', { memoryUsedMib: 30_000 }, '30000 MiB'],
  ])('quarantines a device with %s on it that belongs to no session', (_what, on, reason) => {
    const facts = judge({ device: device(on) })
    expect(facts).toMatchObject({ health: 'failing', quarantine: 'dirty', quarantined_at: NOW })
    expect(facts.health_reason).toContain(reason)
    expect(judge({ device: device(on) }, true)).toMatchObject({ health: 'healthy' })
  })

  test('lets dirt go by itself, and dates it from when it was first seen', () => {
    expect(judge({ row: DIRTY, device: device() })).toMatchObject({ quarantine: null })
    for (const isHeld of [false, true]) {
      const still = judge({ row: DIRTY, device: device({ pids: [1] }) }, isHeld)
      expect(still).toMatchObject({ quarantine: 'dirty', quarantined_at: EARLIER })
    }
  })

  test('holds nothing against another device in the slot', () => {
    const other = device({ uuid: 'GPU-bbbbbbbb-0000' })
    expect(judge({ row: FAULTY, device: other })).toMatchObject({ health: 'healthy' })
  })

  test('has a reason why the slot of a device that is gone is not handed out', () =>
    expect(judge({})).toMatchObject({
      ...{ present: false, uuid: UUID, health: 'unknown' },
      health_reason: expect.stringContaining('no longer'),
    }))
})

describe(judgeUnseen, () => {
  test('takes a healthy slot out of use with the reason, and leaves a quarantine as it is', () => {
    expect(judgeUnseen(row(), 'nobody answers')).toMatchObject({
      ...{ present: true, health: 'unknown', health_reason: 'nobody answers', quarantine: null },
    })
    expect(judgeUnseen(FAULTY, 'nobody answers')).toMatchObject({ health_reason: 'GPU is lost' })
  })
})
