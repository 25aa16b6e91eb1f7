import type { BoardDifference, Move } from '@medforge/core'
import { clean } from '../../terminal/output.ts'

const MOVES_SHOWN = 20

/** What a switch does to the board, for the person who decides. */
export function describeDifference(difference: BoardDifference): string {
  const { entries_before, entries_after, moved, changed, left_out, moves } = difference
  const summary = [
    `The board has ${entries_before} people now and ${entries_after} after; ${moved} change their rank, ${changed} their score.`,
    ...(left_out > 0
      ? [
          `${left_out} scored files get no score any more: they leave the board, and their owners are told.`,
        ]
      : []),
  ]
  if (moves.length === 0) return [...summary, 'Nobody moves.', ''].join('\n')
  const lines = moves.slice(0, MOVES_SHOWN).map(describeMove)
  const more = moves.length > MOVES_SHOWN ? [`  … and ${moves.length - MOVES_SHOWN} more`] : []
  return [...summary, ...lines, ...more, ''].join('\n')
}

function describeMove(move: Move): string {
  const { rank_before, rank_after, score_before, score_after } = move
  const rank = `${show(rank_before)} → ${show(rank_after)}`.padEnd(14)
  const score = `${show(score_before)} → ${show(score_after)}`
  return `  ${rank} ${clean(move.display_name).slice(0, 40).padEnd(24)} ${score}`
}

function show(value: number | null): string {
  if (value === null) return '–'
  return Number.isInteger(value) ? String(value) : value.toFixed(6)
}
