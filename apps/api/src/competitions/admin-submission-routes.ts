import {
  AdminSubmission,
  AdminSubmissionQuery,
  ExcludeRequest,
  Submission,
  SubmissionIdParams,
} from '@medforge/contracts'
import type { CreatedKey, DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import { actorOf, type RouteGuards } from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { envelopeOf, pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import type { Clock } from '../lib/clock.ts'
import { excludeSubmission, restoreSubmission } from './exclusions.ts'
import { searchSubmissions } from './repository.ts'
import type { ScoreWatch } from './score-watch.ts'
import { requireSubmission, scoreAgain } from './service.ts'

export type AdminSubmissionDeps = {
  db: Kysely<DB>
  clock: Clock
  guards: RouteGuards
  pagination: Pagination
  watch: ScoreWatch
}

const tags = ['Administration']
const WRITE_PROBLEMS = [
  'competition_origin_not_allowed',
  'authentication_failed',
  'admin_access_denied',
  'submission_not_found',
] as const

/** What administrators do with submissions: look for them, score them again, take them off the board or put them back. */
export function adminSubmissionRoutes(deps: AdminSubmissionDeps): Routes {
  const { db, clock, guards, pagination } = deps
  const writing = [guards.competitionOrigin, guards.competitionSignedIn, guards.competitionAdmin]

  return async (app) => {
    app.get(
      '/admin/submissions',
      {
        schema: route({
          summary: "Everybody's submissions, newest first",
          tags,
          querystring: AdminSubmissionQuery,
          success: { 200: Type.Array(AdminSubmission) },
          problems: [
            'authentication_failed',
            'admin_access_denied',
            'invalid_limit',
            'invalid_cursor',
          ],
        }),
        preValidation: [guards.competitionSignedIn, guards.competitionAdmin],
      },
      async (request) => {
        const page = pagination.parsePage<CreatedKey>('admin-submissions', request.query)
        const { rows, next } = await searchSubmissions(db, request.query, page)
        return pageOf(request, rows, page.endingAt(next))
      },
    )

    app.post(
      '/admin/submissions/:submission_id/score',
      {
        schema: route({
          summary: 'Score a submission again',
          description:
            'Changes nothing where the score is already what the present scorer and holdout give. Waits up to ten seconds for the score.',
          tags,
          params: SubmissionIdParams,
          success: { 200: Submission },
          problems: [...WRITE_PROBLEMS, 'holdout_unavailable'],
        }),
        preValidation: writing,
      },
      async (request) => {
        const { submission_id: submissionId } = request.params
        const submission = await scoreAgain(deps, { ...actorOf(request), submissionId })
        return envelopeOf(request, submission)
      },
    )

    app.post(
      '/admin/submissions/:submission_id/exclude',
      {
        schema: route({
          summary: 'Take a submission off the leaderboard',
          description:
            'At once, with a reason that its owner sees. Repeated with the same reason it changes nothing. It still counts against the day.',
          tags,
          params: SubmissionIdParams,
          body: ExcludeRequest,
          success: { 200: Submission },
          problems: [...WRITE_PROBLEMS],
        }),
        preValidation: writing,
      },
      async (request) => {
        const { submission_id: submissionId } = request.params
        const reason = request.body.reason.trim()
        await excludeSubmission(db, clock, { ...actorOf(request), submissionId, reason })
        return envelopeOf(request, await requireSubmission(db, submissionId))
      },
    )

    app.post(
      '/admin/submissions/:submission_id/restore',
      {
        schema: route({
          summary: 'Let an excluded submission count again',
          description: 'Changes nothing for one that is not excluded.',
          tags,
          params: SubmissionIdParams,
          success: { 200: Submission },
          problems: [...WRITE_PROBLEMS],
        }),
        preValidation: writing,
      },
      async (request) => {
        const { submission_id: submissionId } = request.params
        await restoreSubmission(db, clock, { ...actorOf(request), submissionId })
        return envelopeOf(request, await requireSubmission(db, submissionId))
      },
    )
  }
}
