import type { Submission } from '@medforge/contracts'

/** The submission that counts on the leaderboard: the best score that is not excluded, the earlier one of equals. */
export function bestId(submissions: readonly Submission[], higherIsBetter: boolean): string | null {
  const direction = higherIsBetter ? -1 : 1
  const scored = submissions.filter(
    ({ official_score, exclusion }) => official_score !== null && exclusion === null,
  )
  const ordered = scored.toSorted(
    (a, b) =>
      direction *
        ((a.official_score?.primary_score ?? 0) - (b.official_score?.primary_score ?? 0)) ||
      (a.scored_at ?? '').localeCompare(b.scored_at ?? ''),
  )
  return ordered[0]?.id ?? null
}
