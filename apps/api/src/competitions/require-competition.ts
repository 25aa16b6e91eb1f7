import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { type CompetitionFacts, findCompetition } from './catalogue-repository.ts'
import { competitionNotFound } from './refusals.ts'

/** @throws DomainError `competition_not_found` */
export async function requireCompetition(db: Kysely<DB>, slug: string): Promise<CompetitionFacts> {
  const competition = await findCompetition(db, slug)
  if (!competition) throw competitionNotFound(slug)
  return competition
}
