import multipart from '@fastify/multipart'
import type { BundleCatalogue } from '@medforge/competitions'
import {
  CompetitionSlugParams,
  ListQuery,
  Submission,
  SubmissionAccepted,
  SubmissionIdParams,
} from '@medforge/contracts'
import type { DB } from '@medforge/db'
import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import { DomainError } from '../http/domain-error.ts'
import { principalOf, type RouteGuards } from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { envelopeOf, pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import type { Clock } from '../lib/clock.ts'
import type { Failpoint } from '../lib/failpoints.ts'
import { newId } from '../lib/ids.ts'
import { createLimiter, SaturatedError } from '../lib/limiter.ts'
import { acceptSubmission } from './accept.ts'
import {
  competitionClosed,
  competitionNotFound,
  holdoutUnavailable,
  idempotencyKeyMalformed,
  submissionNotFound,
  unkept,
  uploadsSaturated,
} from './refusals.ts'
import {
  findCompetition,
  findSubmission,
  listSubmissions,
  type SubmissionKey,
} from './repository.ts'
import { requeueSubmission } from './score-again.ts'
import type { ScoreWatch } from './score-watch.ts'
import type { SubmissionStore } from './submission-store.ts'
import { receiveUpload, type Upload } from './upload.ts'

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
const SCORE_WAIT_MS = 10_000
// A file of the largest size costs up to 25 MB while it is checked; one that waits is not read, so it costs nothing.
const RECEIVING = { running: 12, waiting: 200 }

/** The upload; alone on its own instance, so that no other route reads multipart bodies. */
export function uploadRoutes(deps: SubmissionDeps): Routes {
  const { db, clock, guards, bundles, store, watch, settings, failpoint } = deps
  const receiving = createLimiter(RECEIVING)
  return async (app) => {
    await app.register(multipart)
    app.post(
      '/competitions/:slug/submissions',
      {
        schema: route({
          summary: 'Submit a prediction',
          description:
            'One CSV file. It is checked while it arrives, and one that is refused costs nothing. Answers with the score if it is there within ten seconds, else with `queued`.',
          tags,
          params: CompetitionSlugParams,
          streamedBody: {
            mediaType: 'multipart/form-data',
            schema: Type.Object({ file: Type.String({ format: 'binary' }) }),
          },
          headers: {
            'Idempotency-Key':
              'Within 24 hours, the same file under the same key is the same submission; another file is refused.',
          },
          success: { 201: SubmissionAccepted },
          problems: [
            'competition_origin_not_allowed',
            'authentication_failed',
            'competition_not_found',
            'competition_closed',
            'submission_too_large',
            'submission_validation_failed',
            'submission_cap_reached',
            'submission_processing_failed',
          ],
        }),
        preValidation: [guards.competitionOrigin, guards.competitionSignedIn],
      },
      async (request, reply) => {
        const acceptance = await submit(request, request.params.slug)
        if (settings.autoScoreOnSubmit) {
          await watch.settled(acceptance.submissionId, SCORE_WAIT_MS)
        }
        const found = await findSubmission(db, acceptance.submissionId)
        if (!found) throw submissionNotFound(acceptance.submissionId)
        reply.code(201)
        return envelopeOf(request, {
          submission: found.submission,
          daily_cap: acceptance.dailyCap,
          remaining_today: acceptance.remainingToday,
          resets_at: acceptance.resetsAt.toISOString(),
        })
      },
    )
  }

  async function submit(request: FastifyRequest, slug: string) {
    const { userId } = principalOf(request)
    const idempotencyKey = idempotencyKeyOf(request)
    const competition = await findCompetition(db, slug)
    const bundle = competition && (await bundles.find(competition))
    if (!competition || !bundle) throw competitionNotFound(slug)
    if (competition.status !== 'active') throw competitionClosed(slug)

    const id = newId()
    const limits = { maxBytes: settings.uploadMaxBytes }
    const upload = await receiving
      .run(() => {
        // Whoever left while waiting sends nothing any more, and no event would say so.
        if (request.raw.destroyed) throw uploadsSaturated()
        return receiveUpload(request, store, bundle, id, limits)
      })
      .catch((error) => {
        throw error instanceof SaturatedError ? uploadsSaturated() : error
      })
    const { filename } = upload
    await failpoint('u1.temp_written')
    const file = await keep(upload)
    try {
      await failpoint('u2.renamed')
      const acceptance = await acceptSubmission(db, clock, {
        id,
        competitionId: competition.id,
        userId,
        filename,
        file,
        idempotencyKey,
        requestId: request.id,
      })
      await failpoint('u3.row_committed')
      if (acceptance.isReplay) await store.remove(file.storedName)
      const { submissionId, isReplay } = acceptance
      request.log.info(
        { submission_id: submissionId, user_id: userId, competition: slug, replay: isReplay },
        'submission.accepted',
      )
      return acceptance
    } catch (error) {
      // After any other error the row may be there all the same; if it is not, the sweep removes the file.
      if (error instanceof DomainError) await store.remove(file.storedName)
      throw error
    }
  }
}

async function keep({ file }: Upload) {
  try {
    return await file.keep()
  } catch (cause) {
    await file.discard()
    throw unkept(cause)
  }
}

function idempotencyKeyOf(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) throw idempotencyKeyMalformed()
  return key
}

/** One's own submissions, and the administrator's "score again". */
export function submissionRoutes(deps: SubmissionDeps): Routes {
  const { db, clock, guards, pagination, watch } = deps
  return async (app) => {
    app.get(
      '/competitions/:slug/submissions/me',
      {
        schema: route({
          summary: 'My submissions to this competition, newest first',
          tags,
          params: CompetitionSlugParams,
          querystring: ListQuery,
          success: { 200: Type.Array(Submission) },
          problems: [
            'authentication_failed',
            'competition_not_found',
            'invalid_limit',
            'invalid_cursor',
          ],
        }),
        preValidation: guards.competitionSignedIn,
      },
      async (request) => {
        const { slug } = request.params
        const { userId } = principalOf(request)
        const list = `submissions ${slug} ${userId}`
        const page = pagination.parsePage(list, request.query)
        const competition = await findCompetition(db, slug)
        if (!competition) throw competitionNotFound(slug)
        const { limit } = page
        const after = page.cursor as SubmissionKey | null
        const rows = await listSubmissions(db, userId, competition.id, { limit, after })
        const last = rows.length > limit ? rows[limit - 1] : undefined
        return pageOf(
          request,
          rows.slice(0, limit).map(({ submission }) => submission),
          { limit, nextCursor: last ? pagination.encodeCursor(list, last.key) : null },
        )
      },
    )

    app.post(
      '/admin/submissions/:submission_id/score',
      {
        schema: route({
          summary: 'Score a submission again',
          description:
            'Changes nothing where the score is already what the present scorer and holdout give. Waits up to ten seconds for the score.',
          tags: ['Administration'],
          params: SubmissionIdParams,
          success: { 200: Submission },
          problems: [
            'competition_origin_not_allowed',
            'authentication_failed',
            'admin_access_denied',
            'submission_not_found',
            'holdout_unavailable',
          ],
        }),
        preValidation: [
          guards.competitionOrigin,
          guards.competitionSignedIn,
          guards.competitionAdmin,
        ],
      },
      async (request) => {
        const { submission_id: submissionId } = request.params
        const { userId: actorUserId } = principalOf(request)
        await requeueSubmission(db, clock, { submissionId, actorUserId, requestId: request.id })
        await watch.settled(submissionId, SCORE_WAIT_MS)
        const found = await findSubmission(db, submissionId)
        if (!found) throw submissionNotFound(submissionId)
        if (found.isWaitingForHoldout) throw holdoutUnavailable(found.submission.competition_slug)
        return envelopeOf(request, found.submission)
      },
    )
  }
}
