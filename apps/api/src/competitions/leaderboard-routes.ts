import {
  CompetitionSlugParams,
  Leaderboard,
  LeaderboardSeries,
  LeaderboardSeriesQuery,
  LeaderboardStanding,
  ListQuery,
} from '@medforge/contracts'
import type { DB } from '@medforge/db'
import type { FastifyReply } from 'fastify'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import { entrantOf, type RouteGuards } from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { envelopeOf, pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import { SaturatedError } from '../lib/limiter.ts'
import { createBoardExports } from './board-exports.ts'
import { leaderboardCsvHeader, leaderboardCsvLines, prefersCsv } from './csv-export.ts'
import { type LeaderboardKey, readLeaderboard, readWholeBoard, withBoard } from './leaderboard.ts'
import {
  countEntries,
  findEntry,
  listEntries,
  listReferenceEntries,
  readBestOverTime,
  secondaryMetricsOf,
} from './leaderboard-repository.ts'
import { exportsSaturated } from './refusals.ts'
import { requireCompetition } from './service.ts'

export type LeaderboardDeps = { db: Kysely<DB>; guards: RouteGuards; pagination: Pagination }

const tags = ['Competitions']
const SERIES_PEOPLE = 5

export function leaderboardRoutes(deps: LeaderboardDeps): Routes {
  const { db, guards, pagination } = deps
  const exports = createBoardExports({ render: (slug) => renderBoard(db, slug) })

  return async (app) => {
    app.get(
      '/competitions/:slug/leaderboard',
      {
        schema: route({
          summary: "Everybody's best score, best first",
          description:
            'On the current split only. Of equal scores the earlier ranks first; nothing else decides a rank. With `Accept: text/csv`, and neither limit nor cursor, all of it as a CSV file, of a moment at most a second before it was asked for.',
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
        const page = pagination.parsePage<LeaderboardKey>(`leaderboard ${slug}`, request.query)
        const isCsv = prefersCsv(request.headers.accept)
        reply.header('cache-control', 'no-cache').header('vary', 'Origin, Accept')
        if (isCsv && request.query.limit === undefined && page.after === null) {
          await requireCompetition(db, slug)
          const { body, sizeBytes } = await exports.open(slug).catch((error) => {
            throw error instanceof SaturatedError ? exportsSaturated() : error
          })
          return asCsvFile(reply, slug).header('content-length', sizeBytes).send(body)
        }
        const { next, ...board } = await withBoard(db, slug, async (tx, competition) => {
          const { rows: entries, next } = await readLeaderboard(tx, competition, page)
          const secondary_metrics = secondaryMetricsOf(competition)
          const reference_entries = await listReferenceEntries(tx, competition)
          return { secondary_metrics, reference_entries, entries, next }
        })
        if (isCsv) {
          const { secondary_metrics, entries } = board
          const header = leaderboardCsvHeader(secondary_metrics)
          const lines = leaderboardCsvLines(entries, secondary_metrics)
          return asCsvFile(reply, slug).send(header + lines)
        }
        return pageOf(request, { competition_slug: slug, ...board }, page.endingAt(next))
      },
    )

    app.get(
      '/competitions/:slug/leaderboard/me',
      {
        schema: route({
          summary: 'My own place on the leaderboard, and how my best score came about',
          tags,
          takesTokens: true,
          params: CompetitionSlugParams,
          success: { 200: LeaderboardStanding },
          problems: ['authentication_failed', 'competition_not_found'],
        }),
        preValidation: guards.entrant,
      },
      async (request) => {
        const { slug } = request.params
        const userId = entrantOf(request)
        const standing = await withBoard(db, slug, async (tx, competition) => {
          const series = await readBestOverTime(tx, competition, [userId])
          return {
            entry: await findEntry(tx, competition, userId),
            people: await countEntries(tx, competition),
            best_over_time: series.get(userId) ?? [],
          }
        })
        return envelopeOf(request, { competition_slug: slug, ...standing })
      },
    )

    app.get(
      '/competitions/:slug/leaderboard/series',
      {
        schema: route({
          summary: 'How the best scores of the best came about, for plots',
          description:
            'Of each person the scores that were better than all of theirs before. After everything was scored again these are the new scores, at the times of the first ones.',
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
        const people = await withBoard(db, slug, async (tx, competition) => {
          const { rows: top } = await listEntries(tx, competition, { limit, after: null })
          const userIds = top.map(({ user_id }) => user_id)
          const series = await readBestOverTime(tx, competition, userIds)
          return top.map(({ rank, user_id, display_name }) => {
            return { rank, user_id, display_name, best_over_time: series.get(user_id) ?? [] }
          })
        })
        reply.header('cache-control', 'no-cache')
        return envelopeOf(request, { competition_slug: slug, people })
      },
    )
  }
}

/** Once it is certain that a file is the answer: a problem is none. */
function asCsvFile<Reply extends Pick<FastifyReply, 'header' | 'type'>>(
  reply: Reply,
  slug: string,
): Reply {
  reply.type('text/csv; charset=utf-8')
  reply.header('content-disposition', `attachment; filename="${slug}-leaderboard.csv"`)
  return reply
}

async function renderBoard(db: Kysely<DB>, slug: string): Promise<Buffer> {
  return withBoard(db, slug, async (tx, competition) => {
    const metrics = secondaryMetricsOf(competition)
    const parts = [Buffer.from(leaderboardCsvHeader(metrics))]
    for await (const entries of readWholeBoard(tx, competition)) {
      parts.push(Buffer.from(leaderboardCsvLines(entries, metrics)))
    }
    return Buffer.concat(parts)
  })
}
