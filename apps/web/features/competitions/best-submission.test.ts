import type { Submission } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { bestId } from './best-submission.ts'

function scored(id: string, primary_score: number, scored_at: string): Submission {
  return {
    id,
    competition_slug: 'titanic-survival',
    user_id: '11111111-1111-4111-8111-111111111111',
    filename: 'a.csv',
    score_status: 'scored',
    score_error: null,
    created_at: scored_at,
    scored_at,
    official_score: {
      id,
      primary_score,
      score_components: {},
      scorer_version: 'x',
      metric_version: 'accuracy-v1',
      evaluation_split_version: 'v1',
      manifest_sha256: 'x',
      created_at: scored_at,
    },
    exclusion: null,
  }
}
const early = '2026-11-23T10:00:00Z'
const late = '2026-11-23T11:00:00Z'

describe(bestId, () => {
  test('follows the direction of the metric', () => {
    const submissions = [scored('low', 0.5, early), scored('high', 0.9, late)]
    expect(bestId(submissions, true)).toBe('high')
    expect(bestId(submissions, false)).toBe('low')
  })

  test('takes the earlier of equal scores', () => {
    expect(bestId([scored('second', 0.5, late), scored('first', 0.5, early)], true)).toBe('first')
  })

  test('passes over what is excluded', () => {
    const best: Submission = {
      ...scored('best', 0.9, early),
      exclusion: { reason: 'a reason', at: late },
    }
    expect(bestId([best, scored('other', 0.5, late)], true)).toBe('other')
  })

  test('is nobody before the first score', () => {
    const waiting: Submission = {
      ...scored('a', 1, early),
      score_status: 'queued',
      official_score: null,
    }
    expect(bestId([waiting], true)).toBeNull()
  })
})
