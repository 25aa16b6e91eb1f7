import type { BundleCatalogue } from '@medforge/competitions'
import {
  CompetitionSlugParams,
  ListQuery,
  OwnSubmission,
  SubmissionAllowance,
} from '@medforge/contracts'
import type { CreatedKey, DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import { entrantOf, type RouteGuards } from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { envelopeOf, pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import type { Clock } from '../lib/clock.ts'
import type { Failpoint } from '../lib/failpoints.ts'
import { readAllowance } from './daily-cap.ts'
import { listSubmissions } from './repository.ts'
import type { ScoreWatch } from './score-watch.ts'
import { requireCompetition } from './service.ts'
import type { SubmissionStore } from './submission-store.ts'

export type SubmissionDeps = {
  db: Kysely<DB>
  clock: Clock
  guards: RouteGuards
  pagination: Pagination
  bundles: BundleCatalogue
  store: SubmissionStore
  watch: ScoreWatch
  settings: { uploadMaxBytes: number; autoScoreOnSubmit: boolean }
  failpoint: Failpoint
}

const tags = ['Competitions']

/** One's own submissions. */
export function submissionRoutes(deps: SubmissionDeps): Routes {
  const { db, clock, guards, pagination } = deps
  return async (app) => {
    app.get(
      '/competitions/:slug/submissions/me',
      {
        schema: route({
          summary: 'My submissions to this competition, newest first',
          tags,
          takesTokens: true,
          params: CompetitionSlugParams,
          querystring: ListQuery,
          success: { 200: Type.Array(OwnSubmission) },
          problems: [
            'authentication_failed',
            'competition_not_found',
            'invalid_limit',
            'invalid_cursor',
          ],
        }),
        preValidation: guards.entrant,
      },
      async (request) => {
        const { slug } = request.params
        const userId = entrantOf(request)
        const list = `submissions ${slug} ${userId}`
        const page = pagination.parsePage<CreatedKey>(list, request.query)
        const competition = await requireCompetition(db, slug)
        const owner = { userId, competitionId: competition.id }
        const { rows, next } = await listSubmissions(db, owner, page)
        return pageOf(request, rows, page.endingAt(next))
      },
    )

    app.get(
      '/competitions/:slug/submissions/allowance',
      {
        schema: route({
          summary: "What I have left of the day's submissions",
          description:
            'Counted as an upload counts. Uploads of mine at the same time may change it before the next one arrives.',
          tags,
          takesTokens: true,
          params: CompetitionSlugParams,
          success: { 200: SubmissionAllowance },
          problems: ['authentication_failed', 'competition_not_found'],
        }),
        preValidation: guards.entrant,
      },
      async (request) => {
        const { slug } = request.params
        const userId = entrantOf(request)
        const competition = await requireCompetition(db, slug)
        const contestant = { userId, competitionId: competition.id }
        return envelopeOf(request, await readAllowance(db, contestant, clock.now()))
      },
    )
  }
}
