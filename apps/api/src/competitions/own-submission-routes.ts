import { OwnSubmission, SubmissionChange, SubmissionParams } from '@medforge/contracts'
import { inTransaction } from '@medforge/db'
import { Type } from 'typebox'
import { entrantOf, isAdmin } from '../http/guards.ts'
import { envelopeOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import { cleanNote } from './note.ts'
import { noteRefused, submissionFileGone, submissionNotFound } from './refusals.ts'
import { findSubmissionFile, saveNote } from './repository.ts'
import { requireCompetition, requireSubmission } from './service.ts'
import type { SubmissionDeps } from './submission-routes.ts'

const tags = ['Competitions']

/** What the owner of one submission does with it. Nobody else learns that it is there. */
export function ownSubmissionRoutes({ db, guards, store }: SubmissionDeps): Routes {
  async function requireFile(slug: string, id: string, isAllowed: (owner: string) => boolean) {
    const competition = await requireCompetition(db, slug)
    const file = await findSubmissionFile(db, competition.id, id)
    if (!file || !isAllowed(file.user_id)) throw submissionNotFound(id)
    return file
  }

  return async (app) => {
    app.patch(
      '/competitions/:slug/submissions/:submission_id',
      {
        schema: route({
          summary: 'Write a note on a submission of mine',
          description: 'Nobody else reads it, administrators neither.',
          tags,
          takesTokens: true,
          params: SubmissionParams,
          body: SubmissionChange,
          success: { 200: OwnSubmission },
          problems: [
            'competition_origin_not_allowed',
            'authentication_failed',
            'competition_not_found',
            'submission_not_found',
          ],
        }),
        preValidation: [guards.competitionOrigin, guards.entrant],
      },
      async (request) => {
        const { slug, submission_id: id } = request.params
        const userId = entrantOf(request)
        const note = cleanNote(request.body.note ?? '')
        if (note === undefined) throw noteRefused()
        await requireFile(slug, id, (owner) => owner === userId)
        await inTransaction(db, (tx) => saveNote(tx, id, note))
        return envelopeOf(request, await requireSubmission(db, id))
      },
    )

    app.get(
      '/competitions/:slug/submissions/:submission_id/file',
      {
        schema: route({
          summary: 'The file of a submission of mine, as it was sent',
          description:
            'Byte for byte; `Repr-Digest` has the SHA-256 of what was accepted. Administrators read everybody’s, with a login.',
          tags,
          takesTokens: true,
          params: SubmissionParams,
          success: {},
          otherMedia: { 200: { 'text/csv': Type.String() } },
          problems: [
            'authentication_failed',
            'competition_not_found',
            'submission_not_found',
            'submission_file_gone',
          ],
        }),
        preValidation: guards.entrant,
      },
      async (request, reply) => {
        const { slug, submission_id: id } = request.params
        const userId = entrantOf(request)
        const isAllowed = (owner: string) => owner === userId || isAdmin(request)
        const file = await requireFile(slug, id, isAllowed)
        const { stored_name: storedName, size_bytes: sizeBytes } = file
        const bytes = await store.read({ storedName, sizeBytes })
        if (!bytes) throw submissionFileGone(id)
        return reply
          .type('text/csv; charset=utf-8')
          .header('content-length', sizeBytes)
          .header('content-disposition', attachmentOf(file.filename))
          .header('repr-digest', `sha-256=:${file.sha256.toString('base64')}:`)
          .send(bytes)
      },
    )
  }
}

/** RFC 6266: a plain name for those who know no other. */
function attachmentOf(filename: string): string {
  const encoded = encodeURIComponent(filename).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="submission.csv"; filename*=UTF-8''${encoded}`
}
