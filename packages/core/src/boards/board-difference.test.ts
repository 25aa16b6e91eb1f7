import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BoardRow, compareBoards } from './board-difference.ts'

const row = (user_id: string, before: number | null, after: number | null, at = 0): BoardRow => ({
  submission_id: `${user_id}-${at}`,
  user_id,
  display_name: user_id.toUpperCase(),
  before,
  after,
  scored_at: `2026-03-01 12:00:0${at}.000000`,
})

describe(compareBoards, () => {
  test('says who moves, in the order of the new board', () => {
    const rows = [row('ann', 0.9, 0.1), row('bob', 0.5, 0.5), row('cid', 0.1, 0.9)]
    expect(compareBoards(rows, true)).toMatchObject({
      entries_before: 3,
      entries_after: 3,
      moved: 2,
      changed: 2,
      left_out: 0,
      moves: [
        { user_id: 'cid', rank_before: 3, rank_after: 1, score_before: 0.1, score_after: 0.9 },
        { user_id: 'ann', rank_before: 1, rank_after: 3, score_before: 0.9, score_after: 0.1 },
      ],
    })
  })

  test('counts who comes, who goes, and files that fit no more', () => {
    const rows = [
      row('ann', 0.9, null),
      row('ann', 0.8, 0.2, 1),
      row('bob', 0.5, null),
      row('cid', null, 1),
    ]
    expect(compareBoards(rows, true)).toMatchObject({
      entries_before: 2,
      entries_after: 2,
      left_out: 2,
      moves: [
        { user_id: 'cid', rank_before: null, rank_after: 1 },
        { user_id: 'ann', rank_before: 1, rank_after: 2 },
        { user_id: 'bob', rank_before: 2, rank_after: null },
      ],
    })
  })

  test('lets the earlier score win a tie, and the lower one where lower is better', () => {
    const rows = [row('late', 1, 0.5, 2), row('soon', 2, 0.5, 1)]
    expect(compareBoards(rows, false).moves.map(({ user_id }) => user_id)).toEqual(['soon', 'late'])
  })

  test('says nothing where every score stays, on any board', () => {
    const score = fc.constantFrom(0, 0.25, 0.5, 1)
    const rows = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), score), { maxLength: 9 })
    fc.assert(
      fc.property(rows, fc.boolean(), (list, higher) => {
        const board = list.map(([user, value], at) => row(user, value, value, at))
        expect(compareBoards(board, higher)).toMatchObject({ moved: 0, changed: 0, moves: [] })
      }),
    )
  })
})
