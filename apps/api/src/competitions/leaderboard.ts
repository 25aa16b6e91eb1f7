import type { LeaderboardEntry } from '@medforge/contracts'
import type { DB, Page, PageRequest } from '@medforge/db'
import type { Kysely, Transaction } from 'kysely'
import { DomainError } from '../http/domain-error.ts'
import type { CompetitionFacts } from './catalogue-repository.ts'
import { type EntryKey, listEntries } from './leaderboard-repository.ts'
import { requireCompetition } from './service.ts'

/** Where an entry stands, and on the board of which split. */
export type LeaderboardKey = EntryKey & { split: string }

/**
 * The competition as it is, and whatever is read of its board, as of one moment: a switch to another holdout in between is not seen, so
 * no reader looks for the entries of a split that is no more.
 *
 * @throws DomainError `competition_not_found`
 */
export async function withBoard<Result>(
  db: Kysely<DB>,
  slug: string,
  read: (tx: Transaction<DB>, competition: CompetitionFacts) => Promise<Result>,
): Promise<Result> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => read(tx, await requireCompetition(tx, slug)))
}

/** @throws DomainError `invalid_cursor` when the board has moved to another split since the page before */
export async function readLeaderboard(
  db: Kysely<DB>,
  competition: CompetitionFacts,
  page: PageRequest<LeaderboardKey>,
): Promise<Page<LeaderboardEntry, LeaderboardKey>> {
  const split = competition.evaluation_split_version
  if (page.after !== null && page.after.split !== split) throw boardMoved()
  const { rows, next } = await listEntries(db, competition, page)
  return { rows, next: next && { ...next, split } }
}

/** All of a board as of one moment, a page at a time. */
export async function* readWholeBoard(
  tx: Transaction<DB>,
  competition: CompetitionFacts,
  pageSize = 1000,
): AsyncGenerator<LeaderboardEntry[]> {
  let after: EntryKey | null = null
  for (let before = 0; ; before += pageSize) {
    const page: Page<LeaderboardEntry, EntryKey> = await listEntries(
      tx,
      competition,
      { limit: pageSize, after },
      before,
    )
    yield page.rows
    if (page.next === null) return
    after = page.next
  }
}

function boardMoved(): DomainError {
  return new DomainError('invalid_cursor', {
    detail:
      'Everything was scored again on another holdout since that page, and boards of two holdouts are never mixed. Start again without a cursor.',
  })
}
