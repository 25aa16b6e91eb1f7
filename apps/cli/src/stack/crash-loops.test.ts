import { describe, expect, test } from 'vitest'
import type { ServiceName } from '../names.ts'
import type { ContainerFacts } from './containers.ts'
import { findCrashLoop, isSteady } from './crash-loops.ts'

const NOW = Date.parse('2026-11-30T12:00:00Z')

type Seen = { restarts: number; status?: string; upMs: number; id?: string }

function container({ restarts, status = 'running', upMs, id = 'one' }: Seen): ContainerFacts {
  const StartedAt = new Date(NOW - upMs).toISOString()
  return { Id: id, RestartCount: restarts, State: { Status: status, StartedAt } } as ContainerFacts
}

describe(findCrashLoop, () => {
  const loopOf = (seen: Seen, before: Map<string, number>) => {
    const look = new Map<ServiceName, ContainerFacts>([
      ['db', container({ restarts: 0, upMs: 60_000, id: 'db' })],
      ['caddy', container(seen)],
    ])
    return findCrashLoop(look, before, NOW)
  }

  test.each<{ note: string; seen: Seen; before?: [string, number] }>([
    { note: 'ended twice soon after its start', seen: { restarts: 2, upMs: 500 } },
    {
      note: 'waits for its next restart',
      seen: { restarts: 9, status: 'restarting', upMs: 40_000 },
    },
    {
      note: 'was restarted twice since it stayed up',
      seen: { restarts: 22, upMs: 500 },
      before: ['one', 20],
    },
    {
      note: 'took the place of one that stayed up',
      seen: { restarts: 2, upMs: 500, id: 'two' },
      before: ['one', 20],
    },
  ])('names a service that $note', ({ seen, before }) => {
    expect(loopOf(seen, new Map(before ? [before] : []))).toBe('caddy')
  })

  test.each<{ note: string; seen: Seen; before?: [string, number] }>([
    { note: 'was never restarted', seen: { restarts: 0, upMs: 100 } },
    { note: 'was restarted once', seen: { restarts: 1, upMs: 100 } },
    { note: 'stays up after many restarts', seen: { restarts: 20, upMs: 60_000 } },
    {
      note: 'was restarted often in another week, and once now',
      seen: { restarts: 21, upMs: 100 },
      before: ['one', 20],
    },
  ])('leaves a service alone that $note', ({ seen, before }) => {
    expect(loopOf(seen, new Map(before ? [before] : []))).toBeUndefined()
  })
})

describe(isSteady, () => {
  test.each<{ seen: Seen; steady: boolean }>([
    { seen: { restarts: 0, upMs: 100 }, steady: true },
    { seen: { restarts: 1, upMs: 100 }, steady: false },
    { seen: { restarts: 1, upMs: 11_000 }, steady: true },
    { seen: { restarts: 1, upMs: 11_000, status: 'restarting' }, steady: false },
  ])('of $seen is $steady', ({ seen, steady }) => {
    expect(isSteady(container(seen), NOW)).toBe(steady)
  })

  test('is false of a container that does not exist', () => {
    expect(isSteady(undefined, NOW)).toBe(false)
  })
})
