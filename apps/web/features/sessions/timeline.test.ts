import type { SessionEvent } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { isOverdue, launchTimeline, stopTimeline, withEvent } from './timeline.ts'

const CREATED = '2026-11-23T12:00:00Z'
const at = (seconds: number) => new Date(Date.parse(CREATED) + seconds * 1000).toISOString()
const nowAt = (seconds: number) => Date.parse(at(seconds))

let lastId = 0
function stepEvent(step: SessionEvent['step'], seconds: number, usual_ms: number | null = null) {
  return event({ kind: 'step', step, at: at(seconds), usual_ms })
}
function transition(to: SessionEvent['to_status'], seconds: number) {
  return event({ kind: 'transition', to_status: to, at: at(seconds) })
}
function event(fields: Partial<SessionEvent>): SessionEvent {
  lastId += 1
  return {
    id: String(lastId),
    session_id: '11111111-1111-4111-8111-111111111111',
    kind: 'step',
    from_status: null,
    to_status: null,
    step: null,
    reason: null,
    usual_ms: null,
    at: CREATED,
    ...fields,
  }
}
const starting = { status: 'starting', created_at: CREATED } as const

describe(launchTimeline, () => {
  test('runs the first step before any event has arrived', () => {
    const steps = launchTimeline(starting, [], nowAt(0.4))
    expect(steps.map((step) => step.state)).toEqual(['active', 'waiting', 'waiting', 'waiting'])
    expect(steps[0]?.elapsedMs).toBe(400)
  })

  test('measures each finished step from the end of the one before', () => {
    const events = [stepEvent('allocated', 0.1), stepEvent('workspace', 0.5, 300)]
    const steps = launchTimeline(starting, events, nowAt(2))
    expect(steps.map((step) => step.state)).toEqual(['done', 'done', 'active', 'waiting'])
    expect(steps.map((step) => step.elapsedMs)).toEqual([100, 400, 1500, null])
    expect(steps[1]?.medianMs).toBe(300)
  })

  test('shows the medians of earlier launches for steps still to come', () => {
    const steps = launchTimeline(starting, [], nowAt(0), { ready: 900 })
    expect(steps[3]).toMatchObject({ step: 'ready', state: 'waiting', medianMs: 900 })
  })

  test('is done once the session runs, whatever the stream has missed', () => {
    const steps = launchTimeline({ ...starting, status: 'running' }, [], nowAt(2))
    expect(steps.every((step) => step.state === 'done')).toBe(true)
  })

  test('marks the step that was under way when the launch failed', () => {
    const events = [stepEvent('allocated', 0.1), stepEvent('workspace', 0.5)]
    const steps = launchTimeline({ ...starting, status: 'error' }, events, nowAt(9))
    expect(steps.map((step) => step.state)).toEqual(['done', 'done', 'failed', 'waiting'])
  })

  test('a session that ran and died later has no failed launch step', () => {
    const events = [transition('running', 2), transition('error', 60)]
    const steps = launchTimeline({ ...starting, status: 'error' }, events, nowAt(90))
    expect(steps.every((step) => step.state === 'done')).toBe(true)
  })

  test('never shows a negative time when the clocks differ', () => {
    expect(launchTimeline(starting, [], nowAt(-30))[0]?.elapsedMs).toBe(0)
  })
})

describe(stopTimeline, () => {
  test('counts from the request to stop', () => {
    const events = [transition('stopping', 100), stepEvent('container_removed', 101)]
    const steps = stopTimeline({ ...starting, status: 'stopping' }, events, nowAt(103))
    expect(steps).toMatchObject([
      { step: 'container_removed', state: 'done', elapsedMs: 1000 },
      { step: 'snapshot', state: 'active', elapsedMs: 2000 },
    ])
  })

  test('shows no time while the request has not been seen', () => {
    expect(stopTimeline({ ...starting, status: 'stopping' }, [], nowAt(9))[0]).toMatchObject({
      state: 'active',
      elapsedMs: null,
    })
  })
})

describe(withEvent, () => {
  test('keeps the order of ids and drops what came twice', () => {
    const [second, first] = [event({ id: '10' }), event({ id: '9' })]
    const events = withEvent(withEvent(withEvent([], second), first), second)
    expect(events.map((entry) => entry.id)).toEqual(['9', '10'])
  })
})

describe(isOverdue, () => {
  test('is patient for a while, however quick the host usually is', () => {
    expect(isOverdue(14_000, 400)).toBe(false)
    expect(isOverdue(16_000, 400)).toBe(true)
  })
  test('is patient with a host that is slow by habit', () => {
    expect(isOverdue(16_000, 10_000)).toBe(false)
    expect(isOverdue(31_000, 10_000)).toBe(true)
  })
  test('is not decided while the beginning is unknown', () => {
    expect(isOverdue(null, null)).toBe(false)
  })
})
