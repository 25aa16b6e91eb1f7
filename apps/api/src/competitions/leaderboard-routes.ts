import {
  CompetitionSlugParams,
  Leaderboard,
  LeaderboardSeries,
  LeaderboardSeriesQuery,
  LeaderboardStanding,
  ListQuery,
} from '@medforge/contracts'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import { principalOf, type RouteGuards } from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { envelopeOf, pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import { readBestOverTime } from './best-over-time.ts'
import { leaderboardCsv, prefersCsv } from './csv-export.ts'
import { countPeople, type LeaderboardKey, readLeaderboard, readStanding } from './leaderboard.ts'
import { competitionNotFound } from './refusals.ts'
import { type CompetitionFacts, findCompetition } from './repository.ts'

export type LeaderboardDeps = { db: Kysely<DB>; guards: RouteGuards; pagination: Pagination }

const tags = ['Competitions']
const SERIES_PEOPLE = 5

export function leaderboardRoutes(deps: LeaderboardDeps): Routes {
  const { db, guards, pagination } = deps

  async function requireCompetition(slug: string): Promise<CompetitionFacts> {
    const competition = await findCompetition(db, slug)
    if (!competition) throw competitionNotFound(slug)
    return competition
  }

  return async (app) => {
    app.get(
      '/competitions/:slug/leaderboard',
      {
        schema: route({
          summary: "Everybody's best score, best first",
          description:
            'On the current split only. Of equal scores the earlier ranks first. With `Accept: text/csv` and no limit, all of it as a CSV file.',
          tags,
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
        const competition = await requireCompetition(slug)
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

    app.get(
      '/competitions/:slug/leaderboard/me',
      {
        schema: route({
          summary: 'My own place on the leaderboard, and how my best score came about',
          tags,
          params: CompetitionSlugParams,
          success: { 200: LeaderboardStanding },
          problems: ['authentication_failed', 'competition_not_found'],
        }),
        preValidation: guards.competitionSignedIn,
      },
      async (request) => {
        const { slug } = request.params
        const { userId } = principalOf(request)
        const competition = await requireCompetition(slug)
        const [entry, people, series] = await Promise.all([
          readStanding(db, competition, userId),
          countPeople(db, competition),
          readBestOverTime(db, competition, [userId]),
        ])
        const best_over_time = series.get(userId) ?? []
        return envelopeOf(request, { competition_slug: slug, entry, people, best_over_time })
      },
    )

    app.get(
      '/competitions/:slug/leaderboard/series',
      {
        schema: route({
          summary: 'How the best scores of the best came about, for plots',
          description:
            'Only scores that were somebody’s best in their time, as the board showed them.',
          tags,
          params: CompetitionSlugParams,
          querystring: LeaderboardSeriesQuery,
          success: { 200: LeaderboardSeries },
          problems: ['competition_not_found'],
        }),
      },
      async (request, reply) => {
        const { slug } = request.params
        const limit = Number(request.query.top ?? SERIES_PEOPLE)
        const competition = await requireCompetition(slug)
        const top = (await readLeaderboard(db, competition, { limit, after: null })).slice(0, limit)
        const userIds = top.map(({ entry }) => entry.user_id)
        const series = await readBestOverTime(db, competition, userIds)
        const people = top.map(({ entry: { rank, user_id, display_name } }) => {
          return { rank, user_id, display_name, best_over_time: series.get(user_id) ?? [] }
        })
        reply.header('cache-control', 'no-cache')
        return envelopeOf(request, { competition_slug: slug, people })
      },
    )
  }
}
