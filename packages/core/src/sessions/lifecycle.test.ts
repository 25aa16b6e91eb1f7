import { readFileSync } from 'node:fs'
import { SESSION_STATUSES } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import {
  attemptBackoffMs,
  canTransition,
  deadlineOf,
  isTerminal,
  snapshotName,
  TRANSITIONS,
} from './lifecycle.ts'

const AT = new Date('2026-03-01T12:00:00.123Z')

describe('TRANSITIONS', () => {
  test('are exactly the edges that docs/sessions.md draws', () => {
    expect(TRANSITIONS).toEqual({
      starting: ['running', 'stopping', 'error'],
      running: ['stopping', 'error'],
      stopping: ['stopped', 'error'],
      stopped: [],
      error: [],
    })
  })

  test('lead nowhere from a terminal status, and nowhere in a circle', () => {
    expect(SESSION_STATUSES.filter(isTerminal)).toEqual(['stopped', 'error'])
    for (const from of SESSION_STATUSES) {
      for (const to of TRANSITIONS[from]) expect(canTransition(to, from)).toBe(false)
    }
  })
})

describe(deadlineOf, () => {
  const limits = { startTimeoutMs: 120_000, stopTimeoutMs: 60_000 }

  test('starting and stopping have one, running and terminal statuses have none', () => {
    const secondsLeft = SESSION_STATUSES.map((status) => {
      const deadline = deadlineOf(status, AT, limits)
      return deadline && (deadline.getTime() - AT.getTime()) / 1000
    })
    expect(secondsLeft).toEqual([120, null, 60, null, null])
  })
})

describe(snapshotName, () => {
  test('carries the cause and the milliseconds', () => {
    expect(snapshotName('tank/a/b', 'stop', AT)).toBe('tank/a/b@stop-1772366400123')
    expect(snapshotName('tank/a/b', 'death', AT)).toBe('tank/a/b@death-1772366400123')
  })
})

describe(attemptBackoffMs, () => {
  test('doubles from a quarter of a second to ten seconds, however many attempts there were', () => {
    expect([0, 1, 2, 6, 1000].map(attemptBackoffMs)).toEqual([250, 500, 1000, 10_000, 10_000])
  })
})

describe('docs/sessions.md', () => {
  const page = readFileSync(new URL('../../../../docs/sessions.md', import.meta.url), 'utf8')
  const transitions = Object.entries(TRANSITIONS).flatMap(([from, to]) =>
    to.map((each) => [from, each]),
  )

  test('draws exactly the transitions of the table', () => {
    const drawn = [...page.matchAll(/^ {2}(\w+) --> (\w+)$/gm)].map(([, from, to]) => [from, to])
    expect(drawn).toEqual(transitions)
  })

  test('explains when each of them is made', () => {
    const explained = [...page.matchAll(/^\| `(\w+)` \| `(\w+)` \|/gm)].map(([, from, to]) => [
      from,
      to,
    ])
    expect(explained.toSorted()).toEqual(transitions.toSorted())
  })
})
