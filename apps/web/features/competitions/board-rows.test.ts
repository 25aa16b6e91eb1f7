import type { LeaderboardEntry, ReferenceEntry } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { isEntry, placeReferences } from './board-rows.ts'

const beside = { secondary_scores: {}, standard_error: null, interval: null }
const reference = (name: string, primary_score: number): ReferenceEntry => {
  return { name, primary_score, ...beside }
}
const entry = (rank: number, primary_score: number): LeaderboardEntry => ({
  rank,
  user_id: `user-${rank}`,
  display_name: `Person ${rank}`,
  best_submission_id: 's',
  best_score_id: 'b',
  primary_score,
  ...beside,
  tied_with_first: null,
  metric_version: 'accuracy-v1',
  evaluation_split_version: 'v1',
  scored_at: '2026-03-01T12:00:00Z',
  entries: 1,
})

const REFERENCES = [reference('best', 0.9), reference('chance', 0.5), reference('worst', 0.1)]
const namesOf = (entries: LeaderboardEntry[], higherIsBetter: boolean) =>
  placeReferences(entries, REFERENCES, higherIsBetter).map((row) =>
    isEntry(row) ? row.rank : row.name,
  )

describe(placeReferences, () => {
  test('puts each baseline behind those who are at least as good', () => {
    const entries = [entry(1, 0.8), entry(2, 0.5), entry(3, 0.2)]
    expect(namesOf(entries, true)).toEqual(['best', 1, 2, 'chance', 3, 'worst'])
  })

  test('puts the lowest first where lower is better', () => {
    const entries = [entry(1, 0.2), entry(2, 0.6)]
    expect(namesOf(entries, false)).toEqual(['worst', 1, 'chance', 2, 'best'])
  })

  test('keeps the order of the board among equals', () => {
    const entries = [entry(1, 0.5), entry(2, 0.5)]
    expect(namesOf(entries, true)).toEqual(['best', 1, 2, 'chance', 'worst'])
  })
})
