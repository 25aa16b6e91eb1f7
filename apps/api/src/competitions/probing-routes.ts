import {
  CompetitionSlugParams,
  ListQuery,
  PROBING_ROWS_MAX,
  ProbingReport,
} from '@medforge/contracts'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { RouteGuards } from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import { listProbers, listSharedFiles, type ProberKey } from './probing-repository.ts'
import { requireCompetition } from './service.ts'

export type ProbingDeps = { db: Kysely<DB>; guards: RouteGuards; pagination: Pagination }

/** Who sends files that ask about single labels. For administrators alone. */
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
        const page = pagination.parsePage<ProberKey>(`probing ${slug}`, request.query)
        const competition = await requireCompetition(db, slug)
        const [{ rows: people, next }, files] = await Promise.all([
          listProbers(db, competition.id, page),
          listSharedFiles(db, competition.id),
        ])
        const report = { competition_slug: slug, near_rows_max: PROBING_ROWS_MAX, people, ...files }
        return pageOf(request, report, page.endingAt(next))
      },
    )
  }
}
