import { CompetitionSlugParams, Leaderboard, ListQuery } from '@medforge/contracts'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import type { Pagination } from '../http/pagination.ts'
import { pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import { leaderboardCsv, prefersCsv } from './csv-export.ts'
import { type LeaderboardKey, readLeaderboard } from './leaderboard.ts'
import { competitionNotFound } from './refusals.ts'
import { findCompetition } from './repository.ts'

export function leaderboardRoutes(deps: { db: Kysely<DB>; pagination: Pagination }): Routes {
  const { db, pagination } = deps
  return async (app) => {
    app.get(
      '/competitions/:slug/leaderboard',
      {
        schema: route({
          summary: "Everybody's best score, best first",
          description:
            'On the current split only. Of equal scores the earlier ranks first. With `Accept: text/csv` and no limit, all of it as a CSV file.',
          tags: ['Competitions'],
          params: CompetitionSlugParams,
          querystring: ListQuery,
          success: { 200: Leaderboard },
          otherMedia: { 200: { 'text/csv': Type.String() } },
          problems: ['competition_not_found', 'invalid_limit', 'invalid_cursor'],
        }),
      },
      async (request, reply) => {
        const { slug } = request.params
        const page = pagination.parsePage(`leaderboard ${slug}`, request.query)
        const competition = await findCompetition(db, slug)
        if (!competition) throw competitionNotFound(slug)
        const isCsv = prefersCsv(request.headers.accept)
        const limit = isCsv && request.query.limit === undefined ? null : page.limit
        const after = page.cursor as LeaderboardKey | null
        const rows = await readLeaderboard(db, competition, { limit, after })
        reply.header('cache-control', 'no-cache').header('vary', 'Origin, Accept')
        if (isCsv) {
          const shown = limit === null ? rows : rows.slice(0, limit)
          return reply
            .header('content-disposition', `attachment; filename="${slug}-leaderboard.csv"`)
            .type('text/csv; charset=utf-8')
            .send(leaderboardCsv(shown.map(({ entry }) => entry)))
        }
        const last = rows.length > page.limit ? rows[page.limit - 1] : undefined
        const entries = rows.slice(0, page.limit).map(({ entry }) => entry)
        return pageOf(
          request,
          { competition_slug: slug, entries },
          {
            limit: page.limit,
            nextCursor: last ? pagination.encodeCursor(`leaderboard ${slug}`, last.key) : null,
          },
        )
      },
    )
  }
}
