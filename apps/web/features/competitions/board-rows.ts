import type { LeaderboardEntry, ReferenceEntry } from '@medforge/contracts'

export type BoardRow = LeaderboardEntry | ReferenceEntry

export function isEntry(row: BoardRow): row is LeaderboardEntry {
  return 'rank' in row
}

/** The entries of a page with every baseline where its score stands among them, behind those who are as good. */
export function placeReferences(
  entries: readonly LeaderboardEntry[],
  references: readonly ReferenceEntry[],
  higherIsBetter: boolean,
): BoardRow[] {
  const sign = higherIsBetter ? -1 : 1
  // Sorting is stable: of equals the entries stay first.
  return [...entries, ...references].sort((a, b) => sign * (a.primary_score - b.primary_score))
}
