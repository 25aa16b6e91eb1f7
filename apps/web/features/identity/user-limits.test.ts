import { describe, expect, test } from 'vitest'
import { LIMIT_FIELDS, limitText, ownLimitsText, readLimits } from './user-limits.ts'

const NONE = { cpu: null, memory_bytes: null, shm_bytes: null, storage_bytes: null }
const GIB = 1024 ** 3

function read(fields: Record<string, string>) {
  return readLimits((name) => ({ max_concurrent_sessions: '1', ...fields })[name] ?? '')
}

describe(readLimits, () => {
  test('reads gibibytes and processors, and takes an empty field for what everybody gets', () => {
    expect(read({ cpu: '1,5', memory_bytes: ' 16 ', max_concurrent_sessions: '0' })).toEqual({
      change: {
        max_concurrent_sessions: 0,
        limits: { ...NONE, cpu: 1.5, memory_bytes: 16 * GIB },
      },
      errors: {},
    })
  })

  test.each([
    ['cpu', 'many'],
    ['cpu', '0'],
    ['memory_bytes', '0.1'],
    ['storage_bytes', '-4'],
    ['max_concurrent_sessions', '65'],
    ['max_concurrent_sessions', ''],
    ['max_concurrent_sessions', '1.5'],
  ])('says what %s has to be where it is "%s"', (name, text) => {
    expect(Object.keys(read({ [name]: text }).errors)).toEqual([name])
  })
})

test('a field shows what it would send back', () => {
  const limits = { ...NONE, cpu: 0.5, memory_bytes: 2.5 * GIB }
  expect(LIMIT_FIELDS.map((field) => limitText(limits, field))).toEqual(['0.5', '2.5', '', ''])
})

test('limits of one’s own are named, and none are', () => {
  expect(ownLimitsText(NONE)).toBeNull()
  expect(ownLimitsText({ ...NONE, cpu: 4, storage_bytes: 50 * GIB })).toBe(
    '4 processors, storage 50 GiB',
  )
})
