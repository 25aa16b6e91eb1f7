import { expect, test } from 'vitest'
import { alarmingShare, readTrackedConnections } from './tracked-connections.ts'

test('the figures are read, and what is none is not known', () => {
  expect(readTrackedConnections('342\n262144\n')).toEqual({ count: 342, max: 262_144 })
  expect(readTrackedConnections('342 262144')).toEqual({ count: 342, max: 262_144 })
  expect(readTrackedConnections('')).toBeNull()
})

test.each([
  [79, null],
  [80, 80],
  [100, 100],
])('%i of 100 connections give the alarm %s', (count, alarm) => {
  expect(alarmingShare({ count, max: 100 })).toBe(alarm)
})
