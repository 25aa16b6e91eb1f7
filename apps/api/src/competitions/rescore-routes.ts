import { CompetitionSlugParams, Rescore, RescoreSwitch } from '@medforge/contracts'
import { actorOf, type RouteGuards } from '../http/guards.ts'
import { envelopeOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import {
  abandonRescoreOf,
  type RescoreDeps,
  readRescore,
  startRescore,
  switchRescore,
} from './rescore.ts'

const tags = ['Administration']
const READ_PROBLEMS = [
  'authentication_failed',
  'admin_access_denied',
  'competition_not_found',
] as const
const WRITE_PROBLEMS = [
  'competition_origin_not_allowed',
  ...READ_PROBLEMS,
  'rescore_not_ready',
] as const

/** Scoring a whole competition again. What is asked for here the scoring worker carries out; each answer is the state as it is now. */
export function rescoreRoutes(deps: RescoreDeps & { guards: RouteGuards }): Routes {
  const { db, guards } = deps
  const writing = [guards.competitionOrigin, guards.competitionSignedIn, guards.competitionAdmin]
  return async (app) => {
    app.get(
      '/admin/competitions/:slug/rescore',
      {
        schema: route({
          summary: 'The re-score of a competition, and what it would change',
          tags,
          params: CompetitionSlugParams,
          success: { 200: Rescore },
          problems: [...READ_PROBLEMS],
        }),
        preValidation: [guards.competitionSignedIn, guards.competitionAdmin],
      },
      async (request) => envelopeOf(request, await readRescore(db, request.params.slug)),
    )

    app.post(
      '/admin/competitions/:slug/rescore',
      {
        schema: route({
          summary: 'Score everything again beside the board',
          description:
            'With the present scorer, on the same holdout. Nobody sees it before it is switched. One that is under way goes on.',
          tags,
          params: CompetitionSlugParams,
          success: { 202: Rescore },
          problems: [...WRITE_PROBLEMS],
        }),
        preValidation: writing,
      },
      async (request, reply) => {
        const { slug } = request.params
        await startRescore(deps, { slug, ...actorOf(request) })
        reply.code(202)
        return envelopeOf(request, await readRescore(db, slug))
      },
    )

    app.post(
      '/admin/competitions/:slug/rescore/switch',
      {
        schema: route({
          summary: 'Put the new scores in the place of the board',
          description:
            'For everybody at once, within seconds, with a notice. Refused while a submission has no new score.',
          tags,
          params: CompetitionSlugParams,
          body: RescoreSwitch,
          success: { 202: Rescore },
          problems: [...WRITE_PROBLEMS],
        }),
        preValidation: writing,
      },
      async (request, reply) => {
        const { slug } = request.params
        const note = request.body.note?.trim() ?? null
        await switchRescore(deps, { slug, note, ...actorOf(request) })
        reply.code(202)
        return envelopeOf(request, await readRescore(db, slug))
      },
    )

    app.delete(
      '/admin/competitions/:slug/rescore',
      {
        schema: route({
          summary: 'Leave the board as it is and forget the re-score',
          tags,
          params: CompetitionSlugParams,
          success: { 202: Rescore },
          problems: [...WRITE_PROBLEMS],
        }),
        preValidation: writing,
      },
      async (request, reply) => {
        const { slug } = request.params
        await abandonRescoreOf(deps, { slug, ...actorOf(request) })
        reply.code(202)
        return envelopeOf(request, await readRescore(db, slug))
      },
    )
  }
}
