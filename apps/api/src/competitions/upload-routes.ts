import multipart from '@fastify/multipart'
import type { Bundle } from '@medforge/competitions'
import {
  CompetitionSlugParams,
  NOTE_MAX,
  SubmissionAccepted,
  SubmissionCheck,
} from '@medforge/contracts'
import { newId } from '@medforge/core'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { DomainError } from '../http/domain-error.ts'
import { entrantOf } from '../http/guards.ts'
import { preferredWaitSeconds } from '../http/prefer.ts'
import { createRateLimiter } from '../http/rate-limit.ts'
import { envelopeOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import { createFairLimiter } from '../lib/fair-limiter.ts'
import { SaturatedError } from '../lib/limiter.ts'
import { acceptSubmission } from './accept.ts'
import { readAllowance } from './daily-cap.ts'
import { idempotencyKeyMalformed, tooManyChecks, unkept, uploadsSaturated } from './refusals.ts'
import { SCORE_WAIT_SECONDS } from './score-watch.ts'
import { requireOpen, requireSubmission } from './service.ts'
import type { SubmissionDeps } from './submission-routes.ts'
import { NOWHERE, type SubmissionStore } from './submission-store.ts'
import { assertMultipart, receiveUpload, type Upload } from './upload.ts'
import { LINE_WAIT_MAX_MS } from './upload-times.ts'

const tags = ['Competitions']
const FILE = {
  mediaType: 'multipart/form-data',
  schema: Type.Object({
    file: Type.String({ format: 'binary' }),
    note: Type.Optional(
      Type.String({ maxLength: NOTE_MAX, description: 'For the owner alone; one line.' }),
    ),
  }),
}
// A file of the largest size costs up to 25 MB while it is checked; one that waits is not read, so it costs nothing. Six people at
// once are not held up by any other; further files of one person wait behind the first two, a day's worth of any competition.
const RECEIVING = {
  running: 12,
  waiting: 200,
  each: { running: 2, waiting: 100 },
  waitMs: LINE_WAIT_MAX_MS,
}
// A person, on each server. A file of the largest size is about 0.2 s of work, so a check is no free processor.
const CHECKS = { max: 20, windowMs: 60_000 }

/** The upload, and the check of a file; alone on their own instance, so that no other route reads multipart bodies. */
export function uploadRoutes(deps: SubmissionDeps): Routes {
  const { db, clock, guards, bundles, store, watch, settings, failpoint } = deps
  const receiving = createFairLimiter(RECEIVING)
  const checks = createRateLimiter(CHECKS, () => performance.now())
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
          takesTokens: true,
          params: CompetitionSlugParams,
          streamedBody: FILE,
          headers: {
            'Idempotency-Key':
              'Within 24 hours, the same file under the same key is the same submission; another file is refused.',
            Prefer: '`wait=0` to `wait=10`: so many seconds for the score instead of ten.',
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
            'holdout_unavailable',
          ],
        }),
        preValidation: [guards.competitionOrigin, guards.entrant],
      },
      async (request, reply) => {
        const acceptance = await submit(request, request.params.slug)
        if (settings.autoScoreOnSubmit) {
          const waitMs = preferredWaitSeconds(request, SCORE_WAIT_SECONDS) * 1000
          await watch.settled(acceptance.submissionId, waitMs)
        }
        reply.code(201)
        return envelopeOf(request, {
          submission: await requireSubmission(db, acceptance.submissionId),
          ...acceptance.allowance,
        })
      },
    )

    app.post(
      '/competitions/:slug/submissions/validate',
      {
        schema: route({
          summary: 'Check a prediction without submitting it',
          description:
            'Refuses what an upload would refuse, in the same words. Uses no submission of the day and keeps nothing.',
          tags,
          takesTokens: true,
          params: CompetitionSlugParams,
          streamedBody: FILE,
          success: { 200: SubmissionCheck },
          problems: [
            'competition_origin_not_allowed',
            'authentication_failed',
            'rate_limit_exceeded',
            'competition_not_found',
            'competition_closed',
            'submission_too_large',
            'submission_validation_failed',
            'holdout_unavailable',
          ],
        }),
        preValidation: [guards.competitionOrigin, guards.entrant],
      },
      async (request) => {
        const userId = entrantOf(request)
        const retryAfterSeconds = checks.take(userId)
        if (retryAfterSeconds > 0) throw tooManyChecks(retryAfterSeconds)
        assertMultipart(request)
        const { bundle, competition } = await requireOpen(db, bundles, request.params.slug)
        const { filename, sizeBytes } = await receive(request, NOWHERE, bundle, newId())
        const contestant = { userId, competitionId: competition.id }
        const allowance = await readAllowance(db, contestant, clock.now())
        return envelopeOf(request, { filename, size_bytes: sizeBytes, ...allowance })
      },
    )
  }

  /** When it is this person's turn. */
  async function receive(
    request: FastifyRequest,
    into: Pick<SubmissionStore, 'receive'>,
    bundle: Bundle,
    id: string,
  ): Promise<Upload> {
    const limits = { maxBytes: settings.uploadMaxBytes }
    return receiving
      .run(entrantOf(request), () => {
        // Whoever left while waiting sends nothing any more, and no event would say so.
        if (request.raw.destroyed && !request.raw.complete) throw uploadsSaturated()
        return receiveUpload(request, into, bundle, id, limits)
      })
      .catch((error) => {
        throw error instanceof SaturatedError ? uploadsSaturated() : error
      })
  }

  async function submit(request: FastifyRequest, slug: string) {
    const userId = entrantOf(request)
    const idempotencyKey = idempotencyKeyOf(request)
    assertMultipart(request)
    const { competition, bundle } = await requireOpen(db, bundles, slug)
    const id = newId()
    const upload = await receive(request, store, bundle, id)
    const { filename, note } = upload
    await failpoint('u1.temp_written')
    const file = await keep(upload)
    try {
      await failpoint('u2.renamed')
      const acceptance = await acceptSubmission(db, clock, {
        id,
        competitionId: competition.id,
        userId,
        filename,
        note,
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
