import type { AdminGpu } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { formatGpus } from '../commands/gpus-actions.ts'
import { describeGpu, reasonsOf } from './gpus.ts'

function gpu(overrides: Partial<AdminGpu> = {}): AdminGpu {
  return {
    ...{ id: 0, is_enabled: true, disabled_reason: null, is_present: true },
    ...{ uuid: 'GPU-a', model: 'NVIDIA H100', health: 'healthy', health_reason: null },
    ...{ quarantine: null, quarantined_at: null, observed_at: null, session: null },
    ...overrides,
  }
}

const SESSION = {
  ...{ id: '11111111-1111-4111-8111-111111111111', slug: 'abcdefgh', status: 'running' as const },
  ...{ user_id: '22222222-2222-4222-8222-222222222222', user_email: 'ada@example.org' },
  created_at: '2026-03-01T12:00:00.000000Z',
  last_entered_at: null,
}

describe(describeGpu, () => {
  test.each([
    ['free', {}],
    ['held by abcdefgh', { session: SESSION, is_enabled: false }],
    ['disabled', { is_enabled: false, is_present: false }],
    ['not present', { is_present: false, health: 'unknown' as const }],
    ['quarantine', { quarantine: 'dirty' as const, health: 'failing' as const }],
    ['unknown', { health: 'unknown' as const }],
  ])('describes %j', (text, overrides) => expect(describeGpu(gpu(overrides))).toBe(text))
})

test('the reasons are the operator’s and what was seen', () => {
  expect(reasonsOf(gpu())).toBeNull()
  expect(reasonsOf(gpu({ disabled_reason: 'fan', health_reason: 'GPU is lost' }))).toBe(
    'fan; GPU is lost',
  )
})

test('a held GPU shows whose session it is, and what is wrong with it', () => {
  const lines = formatGpus([gpu({ session: SESSION, quarantine: 'fault' })]).split('\n')
  expect(lines[1]).toContain('fault')
  expect(lines[1]).toContain('held by abcdefgh')
  expect(lines[1]).toContain('ada@example.org')
})
