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
  const lookAt = (seen: Seen) =>
    new Map<ServiceName, ContainerFacts>([
      ['db', container({ restarts: 0, upMs: 60_000, id: 'db' })],
      ['caddy', container(seen)],
    ])
  const loopOf = (seen: Seen, before: Seen | undefined, services: ServiceName[] = ['caddy']) =>
    findCrashLoop(services, lookAt(seen), before ? lookAt(before) : new Map(), NOW)

  test.each<{ note: string; seen: Seen; before?: Seen }>([
    { note: 'ended twice soon after its start', seen: { restarts: 2, upMs: 500 } },
    {
      note: 'waits for its next restart',
      seen: { restarts: 9, status: 'restarting', upMs: 40_000 },
    },
    {
      note: 'was restarted twice since the first look',
      seen: { restarts: 22, upMs: 500 },
      before: { restarts: 20, upMs: 60_000 },
    },
    {
      note: 'took the place of one that was restarted as often',
      seen: { restarts: 2, upMs: 500, id: 'two' },
      before: { restarts: 20, upMs: 60_000 },
    },
  ])('names a service that $note', ({ seen, before }) => {
    expect(loopOf(seen, before)).toBe('caddy')
  })

  test.each<{ note: string; seen: Seen; before?: Seen }>([
    { note: 'was never restarted', seen: { restarts: 0, upMs: 100 } },
    { note: 'was restarted once', seen: { restarts: 1, upMs: 100 } },
    { note: 'stays up after many restarts', seen: { restarts: 20, upMs: 60_000 } },
    {
      note: 'looped before anybody watched, and was not restarted since',
      seen: { restarts: 9, status: 'restarting', upMs: 40_000 },
      before: { restarts: 9, status: 'restarting', upMs: 40_000 },
    },
    {
      note: 'was restarted often in another week, and once now',
      seen: { restarts: 21, upMs: 100 },
      before: { restarts: 20, upMs: 60_000 },
    },
  ])('leaves a service alone that $note', ({ seen, before }) => {
    expect(loopOf(seen, before)).toBeUndefined()
  })

  test('leaves a service alone that nobody waits for', () => {
    expect(loopOf({ restarts: 9, upMs: 500 }, undefined, ['db'])).toBeUndefined()
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
