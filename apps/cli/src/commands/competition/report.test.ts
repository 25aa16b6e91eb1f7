import { describe, expect, test } from 'vitest'
import { describeDifference } from './report.ts'

const move = {
  user_id: '1',
  display_name: 'Ada\u001b[2J\u202e',
  rank_before: 4,
  rank_after: 1,
  score_before: 0.5,
  score_after: null,
}
const difference = {
  entries_before: 2,
  entries_after: 2,
  moved: 1,
  changed: 1,
  left_out: 0,
  moves: [move],
}

describe(describeDifference, () => {
  test('shows ranks and scores before and after, and lets no name move the cursor', () => {
    const text = describeDifference(difference)
    expect(text).toMatch(/4 → 1 +Ada\ufffd\[2J\ufffd +0\.500000 → –/)
    expect(text).not.toMatch(/\p{C}(?<!\n)/u)
  })

  test('shows the first twenty and counts the rest', () => {
    const moves = Array.from({ length: 25 }, () => move)
    expect(describeDifference({ ...difference, moves })).toContain('… and 5 more')
  })

  test('says what becomes of files that do not fit', () => {
    expect(describeDifference({ ...difference, left_out: 3 })).toContain('3 scored files')
  })
})
