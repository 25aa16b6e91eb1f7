import type { AdminGpu } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { gpuNotes, gpuState } from './gpu-state.ts'

const FREE: AdminGpu = {
  ...{ id: 0, is_enabled: true, disabled_reason: null, is_present: true, uuid: null, model: null },
  ...{ health: 'healthy', health_reason: null, quarantine: null, quarantined_at: null },
  ...{ observed_at: null, session: null },
}
const SESSION = {
  ...{ id: 's', slug: 'abcdefgh', status: 'running' as const, user_id: 'u' },
  ...{ user_email: 'ada@example.org', created_at: '2026-03-01T12:00:00Z', last_entered_at: null },
}

describe(gpuState, () => {
  test.each<[string, Partial<AdminGpu>]>([
    ['Free', {}],
    ['In use', { session: SESSION, is_enabled: false }],
    ['Disabled', { is_enabled: false, is_present: false }],
    ['Not present', { is_present: false, health: 'unknown' }],
    ['Quarantine', { quarantine: 'fault', health: 'failing' }],
    ['Not known', { health: 'unknown' }],
  ])('calls a GPU %s', (text, overrides) => {
    expect(gpuState({ ...FREE, ...overrides }).text).toBe(text)
  })
})

describe(gpuNotes, () => {
  test('say nothing of a GPU that is well', () => expect(gpuNotes(FREE)).toEqual([]))

  test('name the reason, what it means for a session, and what was seen', () => {
    const gpu = {
      ...FREE,
      is_enabled: false,
      disabled_reason: 'The fan is loud.',
      session: SESSION,
      quarantine: 'fault' as const,
      health_reason: 'GPU is lost.',
    }
    expect(gpuNotes(gpu)).toEqual([
      'Disabled: The fan is loud.',
      'The session that holds it goes on; no other gets it.',
      expect.stringContaining('enable it'),
      'GPU is lost.',
    ])
  })
})
