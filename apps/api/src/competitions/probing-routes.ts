import { CompetitionSlugParams, ProbingReport } from '@medforge/contracts'
import { type DB, toTimestamp } from '@medforge/db'
import { type Kysely, sql } from 'kysely'
import type { RouteGuards } from '../http/guards.ts'
import { envelopeOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import { NEAR_ROWS_MAX } from '../scoring/index.ts'
import { competitionNotFound } from './refusals.ts'
import { findCompetition } from './repository.ts'

const PEOPLE_MAX = 100
const FILES_MAX = 50
const PEOPLE_OF_A_FILE_MAX = 20

/** Who sends files that ask about single labels. For administrators; nobody else is told. */
export function probingRoutes(deps: { db: Kysely<DB>; guards: RouteGuards }): Routes {
  const { db, guards } = deps
  return async (app) => {
    app.get(
      '/admin/competitions/:slug/probing',
      {
        schema: route({
          summary: 'Who may be asking the holdout about single labels',
          description:
            'People whose files differ in a few ids from an earlier one of theirs, most files first, and files that several accounts sent. Hints for an administrator, not verdicts: both have honest reasons too.',
          tags: ['Administration'],
          params: CompetitionSlugParams,
          success: { 200: ProbingReport },
          problems: ['authentication_failed', 'admin_access_denied', 'competition_not_found'],
        }),
        preValidation: [guards.competitionSignedIn, guards.competitionAdmin],
      },
      async (request) => {
        const { slug } = request.params
        const competition = await findCompetition(db, slug)
        if (!competition) throw competitionNotFound(slug)
        const [people, shared_files] = await Promise.all([
          listPeople(db, competition.id),
          listSharedFiles(db, competition.id),
        ])
        const near_rows_max = NEAR_ROWS_MAX
        return envelopeOf(request, { competition_slug: slug, near_rows_max, people, shared_files })
      },
    )
  }
}

async function listPeople(db: Kysely<DB>, competitionId: string): Promise<ProbingReport['people']> {
  const rows = await db
    .selectFrom('probing_flags as flag')
    .innerJoin('users', 'users.id', 'flag.user_id')
    .select(({ fn }) => [
      'flag.user_id',
      'users.email',
      'users.display_name',
      fn.countAll<number>().as('flagged'),
      fn.max('flag.chain_length').as('longest_chain'),
      fn.sum<number>('flag.changed_rows').as('changed_rows'),
      fn.max('flag.created_at').as('last_at'),
    ])
    .where('flag.competition_id', '=', competitionId)
    .groupBy(['flag.user_id', 'users.email', 'users.display_name'])
    .orderBy('flagged', 'desc')
    .orderBy('flag.user_id')
    .limit(PEOPLE_MAX)
    .execute()
  return rows.map((row) => ({
    ...row,
    flagged: Number(row.flagged),
    longest_chain: Number(row.longest_chain),
    changed_rows: Number(row.changed_rows),
    last_at: toTimestamp(row.last_at),
  }))
}

/** The same bytes from more than one account, most accounts first. */
async function listSharedFiles(
  db: Kysely<DB>,
  competitionId: string,
): Promise<ProbingReport['shared_files']> {
  const files = await db
    .selectFrom('submissions')
    .select('sha256')
    .where('competition_id', '=', competitionId)
    .groupBy('sha256')
    .having(sql`COUNT(DISTINCT user_id)`, '>', 1)
    .orderBy(sql`COUNT(DISTINCT user_id)`, 'desc')
    .limit(FILES_MAX)
    .execute()
  return Promise.all(
    files.map(async ({ sha256 }) => ({
      sha256: sha256.toString('hex'),
      people: await db
        .selectFrom('submissions')
        .innerJoin('users', 'users.id', 'submissions.user_id')
        .select(['submissions.user_id', 'users.email'])
        .distinct()
        .where('submissions.competition_id', '=', competitionId)
        .where('submissions.sha256', '=', sha256)
        .orderBy('users.email')
        .limit(PEOPLE_OF_A_FILE_MAX)
        .execute(),
    })),
  )
}
