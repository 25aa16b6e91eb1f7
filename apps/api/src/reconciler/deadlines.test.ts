import { toSqlTime } from '@medforge/db'
import { createFakeClock } from '@medforge/test-support'
import { describe, expect, test } from 'vitest'
import { createSnapshotDeadlines } from './deadlines.ts'
import type { ContainerFact } from './runtime/port.ts'

const STOP_TIMEOUT_MS = 60_000
const ABSENT: ContainerFact = { kind: 'absent' }
const PRESENT: ContainerFact = { kind: 'present', id: 'c', state: 'running' }
const AWAY: ContainerFact = { kind: 'unknown', reason: 'away' }

function open(deadlineInMs: number | null) {
  const clock = createFakeClock()
  const deadlines = createSnapshotDeadlines(clock, STOP_TIMEOUT_MS, clock.monotonicMs)
  const atMs = clock.now().getTime() + (deadlineInMs ?? 0)
  const row = { id: 's', deadline_at: deadlineInMs === null ? null : toSqlTime(new Date(atMs)) }
  /** Milliseconds from now. */
  const leftMs = (container: ContainerFact) => {
    const deadlineMs = deadlines.of(row, container)
    return deadlineMs === null ? null : deadlineMs - clock.now().getTime()
  }
  return { clock, deadlines, leftMs }
}

describe(createSnapshotDeadlines, () => {
  test('gives no deadline before the container was seen gone', () => {
    const { leftMs } = open(-1)
    expect([leftMs(PRESENT), leftMs(AWAY)]).toEqual([null, null])
  })

  test('is the row’s deadline, and no earlier than a stop’s time after the container was first seen gone', () => {
    expect(open(90_000).leftMs(ABSENT)).toBe(90_000)
    const overdue = open(-3_600_000)
    expect(overdue.leftMs(ABSENT)).toBe(STOP_TIMEOUT_MS)
    overdue.clock.advance(20_000)
    expect(overdue.leftMs(ABSENT)).toBe(40_000)
    expect(open(null).leftMs(ABSENT)).toBe(STOP_TIMEOUT_MS)
  })

  test('counts by the monotonic clock, whatever the clock is set to', () => {
    const { clock, leftMs } = open(null)
    leftMs(ABSENT)
    clock.jump(-86_400_000)
    clock.advance(10_000)
    expect(leftMs(ABSENT)).toBe(50_000)
  })

  test('begins anew when the container was there again, and when the session is done', () => {
    const { clock, deadlines, leftMs } = open(null)
    leftMs(ABSENT)
    clock.advance(30_000)
    leftMs(PRESENT)
    expect(leftMs(ABSENT)).toBe(STOP_TIMEOUT_MS)
    clock.advance(30_000)
    deadlines.forget('s')
    expect(leftMs(ABSENT)).toBe(STOP_TIMEOUT_MS)
  })
})
