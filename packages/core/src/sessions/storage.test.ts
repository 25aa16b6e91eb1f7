import { describe, expect, test } from 'vitest'
import { isPoolLow, personQuota, workspaceQuota } from './storage.ts'

const GIB = 1024 ** 3

describe(personQuota, () => {
  const given = { overrideBytes: null, settingGb: null, poolBytes: 2000 * GIB }

  test('is a twentieth of the pool, and at least 10 GiB', () => {
    expect(personQuota(given)).toBe(100 * GIB)
    expect(personQuota({ ...given, poolBytes: 20 * GIB })).toBe(10 * GIB)
    expect(personQuota({ ...given, poolBytes: undefined })).toBe(10 * GIB)
  })

  test('is the setting where there is one, and the operator’s word about the person before all', () => {
    expect(personQuota({ ...given, settingGb: 5 })).toBe(5 * GIB)
    expect(personQuota({ ...given, settingGb: 5, overrideBytes: 3 })).toBe(3)
  })
})

describe(workspaceQuota, () => {
  const given = { quotaBytes: 10 * GIB, usedBytes: 4 * GIB, settingGb: null }

  test('is what the person has left, or the setting where that is less', () => {
    expect(workspaceQuota(given)).toBe(6 * GIB)
    expect(workspaceQuota({ ...given, settingGb: 5 })).toBe(5 * GIB)
    expect(workspaceQuota({ ...given, settingGb: 50 })).toBe(6 * GIB)
  })

  test('is at least 1 GiB', () => {
    expect(workspaceQuota({ ...given, usedBytes: 10 * GIB })).toBe(GIB)
    expect(workspaceQuota({ ...given, usedBytes: 10 * GIB, settingGb: 5 })).toBe(GIB)
  })
})

describe(isPoolLow, () => {
  test.each([
    { sizeBytes: 20 * GIB, limitBytes: GIB },
    { sizeBytes: 4000 * GIB, limitBytes: 10 * GIB },
  ])(
    'is below a twentieth of the pool and 10 GiB: $limitBytes of $sizeBytes',
    ({ sizeBytes, limitBytes }) => {
      expect(isPoolLow({ sizeBytes, availableBytes: limitBytes })).toBe(false)
      expect(isPoolLow({ sizeBytes, availableBytes: limitBytes - 1 })).toBe(true)
    },
  )
})
