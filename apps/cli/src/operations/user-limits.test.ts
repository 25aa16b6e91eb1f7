import { describe, expect, test } from 'vitest'
import { parseLimits, showLimits } from './user-limits.ts'

const GIB = 1024 ** 3
const HOST = { processors: 8, memoryBytes: 32 * GIB }

describe(parseLimits, () => {
  test('reads what is given and leaves the rest as it is', () => {
    expect(parseLimits({ sessions: '2' }, HOST)).toEqual({ sessions: 2 })
    expect(parseLimits({ cpu: '1.5', memory: '16g', shm: '512m', storage: '50g' }, HOST)).toEqual({
      cpu: 1.5,
      memory: 16 * GIB,
      shm: GIB / 2,
      storage: 50 * GIB,
    })
  })

  test('takes a limit back with "default"', () => {
    expect(parseLimits({ cpu: 'default', storage: 'default' }, HOST)).toEqual({
      cpu: null,
      storage: null,
    })
  })

  test.each([
    [{ sessions: 'default' }, 'default is no number of sessions'],
    [{ sessions: '65' }, '65 is no number of sessions'],
    [{ cpu: '9' }, '9 is no number of processors'],
    [{ cpu: '0' }, '0 is no number of processors'],
    [{ memory: '33g' }, '--memory cannot be 33g'],
    [{ memory: '1' }, '--memory cannot be 1'],
    [{ shm: 'much' }, '--shm cannot be much'],
    [{ storage: '100m' }, '--storage cannot be 100m'],
    [{}, 'no limit to change'],
  ])('refuses %o in words', (words, message) => {
    expect(() => parseLimits(words, HOST)).toThrow(message)
  })
})

describe(showLimits, () => {
  test('shows what differs from everybody’s, and nothing else', () => {
    const none = { cpu: null, memory_bytes: null, shm_bytes: null, storage_bytes: null }
    expect(showLimits({ limits: none })).toBeNull()
    const limits = { ...none, cpu: 4, storage_bytes: 50 * GIB }
    expect(showLimits({ limits })).toBe('cpu 4, storage 50 GiB')
  })
})
