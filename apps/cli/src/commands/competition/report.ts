import type { BoardDifference, RankChange } from '@medforge/core'
import { clean } from '../../terminal/output.ts'

const CHANGES_SHOWN = 20

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
  const lines = moves.slice(0, CHANGES_SHOWN).map(describeChange)
  const more = moves.length > CHANGES_SHOWN ? [`  … and ${moves.length - CHANGES_SHOWN} more`] : []
  return [...summary, ...lines, ...more, ''].join('\n')
}

function describeChange(change: RankChange): string {
  const { rank_before, rank_after, score_before, score_after } = change
  const rank = `${show(rank_before)} → ${show(rank_after)}`.padEnd(14)
  const score = `${show(score_before)} → ${show(score_after)}`
  return `  ${rank} ${clean(change.display_name).slice(0, 40).padEnd(24)} ${score}`
}

function show(value: number | null): string {
  if (value === null) return '–'
  return Number.isInteger(value) ? String(value) : value.toFixed(6)
}
