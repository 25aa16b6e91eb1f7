import type { SessionEvent } from '@medforge/contracts'
import { expect, test } from 'vitest'
import { parseStoredMedians, stepMedians, totalMedianMs } from './step-medians.ts'

function event(fields: Partial<SessionEvent>): SessionEvent {
  return {
    id: '1',
    session_id: '11111111-1111-4111-8111-111111111111',
    kind: 'step',
    from_status: null,
    to_status: null,
    step: null,
    reason: null,
    usual_ms: null,
    at: '2026-11-23T12:00:00Z',
    ...fields,
  }
}

test('the median of a step is that of its latest event', () => {
  const [older, newer] = [
    event({ step: 'ready', usual_ms: 900 }),
    event({ step: 'ready', usual_ms: 800 }),
  ]
  expect(stepMedians([older, newer])).toEqual({ ready: 800 })
})

test('the event that begins a launch has the median of all of it, and of no step', () => {
  const begun = event({ kind: 'transition', to_status: 'starting', usual_ms: 1400 })
  expect(totalMedianMs([begun], 'starting')).toBe(1400)
  expect(totalMedianMs([begun], 'stopping')).toBeNull()
  expect(stepMedians([begun])).toEqual({})
})

test.each([
  ['nothing', null, {}],
  ['what is no JSON', '{', {}],
  ['a bare value', 'null', {}],
  ['wrong values', '{"ready":900,"snapshot":"soon","workspace":-1}', { ready: 900 }],
])('of %s in the store only positive numbers are kept', (_note, stored, medians) => {
  expect(parseStoredMedians(stored)).toEqual(medians)
})
