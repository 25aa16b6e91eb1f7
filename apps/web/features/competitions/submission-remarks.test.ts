import type { Submission } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { remarksOf } from './submission-remarks.ts'

const SUBMISSION: Submission = {
  id: 'a',
  competition_slug: 'titanic-survival',
  user_id: '11111111-1111-4111-8111-111111111111',
  filename: 'a.csv',
  score_status: 'queued',
  score_error: null,
  created_at: '2026-11-23T10:00:00Z',
  scored_at: null,
  official_score: null,
  exclusion: null,
}
const FAILED = { ...SUBMISSION, score_status: 'failed' as const }

describe(remarksOf, () => {
  test('are empty while nothing is wrong', () => {
    expect(remarksOf(SUBMISSION)).toEqual([])
  })

  test('have the reason of a failure, also where none was recorded', () => {
    expect(remarksOf({ ...FAILED, score_error: 'It does not fit.' })).toEqual(['It does not fit.'])
    expect(remarksOf(FAILED)).toEqual(['The reason was not recorded.'])
  })

  test('have the reason of an exclusion after that of a failure', () => {
    const exclusion = { reason: 'a reason', at: '2026-11-23T11:00:00Z' }
    expect(remarksOf({ ...FAILED, score_error: 'It does not fit.', exclusion })).toEqual([
      'It does not fit.',
      'Taken off the leaderboard: a reason',
    ])
  })
})
