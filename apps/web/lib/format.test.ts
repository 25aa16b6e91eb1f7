import { describe, expect, test } from 'vitest'
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDuration,
  formatInterval,
  formatScore,
  formatTimestamp,
  plural,
} from './format.ts'

describe(formatTimestamp, () => {
  test('is in UTC wherever the reader is', () => {
    expect(formatTimestamp('2026-11-23T22:11:59.123456Z')).toBe('23 Nov 2026, 22:11 UTC')
  })
})

describe(formatDuration, () => {
  test.each([
    [-5, '0.0 s'],
    [840, '0.8 s'],
    [9_949, '9.9 s'],
    [9_960, '10 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [185_000, '3 min 5 s'],
    [7_800_000, '2 h 10 min'],
    [273_600_000, '3 d 4 h'],
  ])('shows %i ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text))
})

describe(formatAgo, () => {
  const now = Date.parse('2026-11-23T12:00:00Z')
  test.each([
    ['2026-11-23T12:00:05Z', 'just now'],
    ['2026-11-23T11:55:00Z', '5 min ago'],
    ['2026-11-23T09:00:00Z', '3 h ago'],
    ['2026-11-20T09:00:00Z', '20 Nov 2026'],
  ])('shows %s as %s', (at, text) => expect(formatAgo(at, now)).toBe(text))
})

test('a score has five decimals', () => expect(formatScore(0.7655502392)).toBe('0.76555'))
test('an interval has as many decimals as its width is worth', () => {
  expect(formatInterval({ low: 0.72523, high: 0.80718 })).toBe('0.725 to 0.807')
  expect(formatInterval({ low: 118.2, high: 141.7 })).toBe('118 to 142')
  expect(formatInterval({ low: 1, high: 1 })).toBe('1.000 to 1.000')
})
test('counts keep their thousands apart', () => expect(formatCount(1234567)).toBe('1,234,567'))
test('one thing is singular', () => expect(plural(1, 'GPU')).toBe('1 GPU'))
test('zero things are plural', () => expect(plural(0, 'entry', 'entries')).toBe('0 entries'))
test('sizes use binary units', () => expect(formatBytes(10 * 1024 * 1024)).toBe('10 MiB'))
