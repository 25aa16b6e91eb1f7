import type { Submission } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { dailyCap } from './daily-cap.ts'

const NOW = Date.parse('2026-12-31T23:30:00Z')

function submission(created_at: string, score_status: Submission['score_status'] = 'scored') {
  return {
    id: '22222222-2222-4222-8222-222222222222',
    competition_slug: 'titanic-survival',
    user_id: '11111111-1111-4111-8111-111111111111',
    filename: 'a.csv',
    score_status,
    score_error: null,
    created_at,
    scored_at: null,
    official_score: null,
    exclusion: null,
  } satisfies Submission
}

describe(dailyCap, () => {
  test('counts what was accepted in this UTC day, waiting ones included', () => {
    const submissions = [
      submission('2026-12-31T00:00:00.000001Z'),
      submission('2026-12-31T23:29:00Z', 'queued'),
      submission('2026-12-30T23:59:59.999999Z'),
    ]
    expect(dailyCap(submissions, 20, NOW).remaining).toBe(18)
  })

  test('gives the slot of a failed one back', () => {
    expect(dailyCap([submission('2026-12-31T01:00:00Z', 'failed')], 5, NOW).remaining).toBe(5)
  })

  test('never goes below zero', () => {
    const many = Array.from({ length: 9 }, () => submission('2026-12-31T01:00:00Z'))
    expect(dailyCap(many, 5, NOW).remaining).toBe(0)
  })

  test('starts again at the next midnight in UTC, over the turn of the year too', () => {
    expect(dailyCap([], 5, NOW).resetsAt).toBe('2027-01-01T00:00:00.000Z')
  })
})
