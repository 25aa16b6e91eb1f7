import {
  CompetitionSlugParams,
  ListQuery,
  PROBING_ROWS_MAX,
  ProbingReport,
} from '@medforge/contracts'
import { type DB, toTimestamp } from '@medforge/db'
import { type Kysely, sql } from 'kysely'
import type { RouteGuards } from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import { competitionNotFound } from './refusals.ts'
import { findCompetition, type PageOf } from './repository.ts'

const FILES_MAX = 50
const PEOPLE_OF_A_FILE_MAX = 20

/** Where somebody stands in the list of people: no two share it. */
type ProberKey = { flagged: number; user_id: string }

export type ProbingDeps = { db: Kysely<DB>; guards: RouteGuards; pagination: Pagination }

/** Who sends files that ask about single labels. For administrators; nobody else is told. */
export function probingRoutes({ db, guards, pagination }: ProbingDeps): Routes {
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
          querystring: ListQuery,
          success: { 200: ProbingReport },
          problems: [
            'authentication_failed',
            'admin_access_denied',
            'competition_not_found',
            'invalid_limit',
            'invalid_cursor',
          ],
        }),
        preValidation: [guards.competitionSignedIn, guards.competitionAdmin],
      },
      async (request) => {
        const { slug } = request.params
        const list = `probing ${slug}`
        const page = pagination.parsePage(list, request.query)
        const { limit } = page
        const competition = await findCompetition(db, slug)
        if (!competition) throw competitionNotFound(slug)
        const [rows, files] = await Promise.all([
          listPeople(db, competition.id, { limit, after: page.cursor as ProberKey | null }),
          listSharedFiles(db, competition.id),
        ])
        const people = rows.slice(0, limit)
        const last = rows.length > limit ? people.at(-1) : undefined
        const key = last && { flagged: last.flagged, user_id: last.user_id }
        return pageOf(
          request,
          { competition_slug: slug, near_rows_max: PROBING_ROWS_MAX, people, ...files },
          { limit, nextCursor: key ? pagination.encodeCursor(list, key) : null },
        )
      },
    )
  }
}

/** Most flagged files first; one row more than the limit where there is more. */
async function listPeople(
  db: Kysely<DB>,
  competitionId: string,
  { limit, after }: PageOf<ProberKey>,
): Promise<ProbingReport['people']> {
  const flagged = sql<number>`COUNT(*)`
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
    .$if(after !== null, (query) =>
      query.having(({ or, and, eb }) =>
        or([
          eb(flagged, '<', after?.flagged ?? 0),
          and([
            eb(flagged, '=', after?.flagged ?? 0),
            eb('flag.user_id', '>', after?.user_id ?? ''),
          ]),
        ]),
      ),
    )
    .orderBy('flagged', 'desc')
    .orderBy('flag.user_id')
    .limit(limit + 1)
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
): Promise<Pick<ProbingReport, 'shared_files' | 'shared_files_total'>> {
  const files = await db
    .selectFrom('submissions')
    .select(['sha256', sql<number>`COUNT(DISTINCT user_id)`.as('accounts')])
    // How many rows there are before the limit.
    .select(sql<number>`COUNT(*) OVER ()`.as('total'))
    .where('competition_id', '=', competitionId)
    .groupBy('sha256')
    .having(sql`COUNT(DISTINCT user_id)`, '>', 1)
    .orderBy('accounts', 'desc')
    .orderBy('sha256')
    .limit(FILES_MAX)
    .execute()
  const shared_files = await Promise.all(
    files.map(async ({ sha256, accounts }) => ({
      sha256: sha256.toString('hex'),
      accounts: Number(accounts),
      people: await listSenders(db, competitionId, sha256),
    })),
  )
  return { shared_files, shared_files_total: Number(files[0]?.total ?? 0) }
}

async function listSenders(db: Kysely<DB>, competitionId: string, sha256: Buffer) {
  return db
    .selectFrom('submissions')
    .innerJoin('users', 'users.id', 'submissions.user_id')
    .select(['submissions.user_id', 'users.email'])
    .distinct()
    .where('submissions.competition_id', '=', competitionId)
    .where('submissions.sha256', '=', sha256)
    .orderBy('users.email')
    .limit(PEOPLE_OF_A_FILE_MAX)
    .execute()
}
