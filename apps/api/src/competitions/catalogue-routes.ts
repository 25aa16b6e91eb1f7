import type { Bundle, BundleCatalogue } from '@medforge/competitions'
import {
  CompetitionDetail,
  CompetitionSlugParams,
  CompetitionSummary,
  DatasetDetail,
  DatasetSummary,
  ListQuery,
} from '@medforge/contracts'
import type { DB } from '@medforge/db'
import { shapeOf } from '@medforge/scoring'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import { DomainError } from '../http/domain-error.ts'
import type { Pagination } from '../http/pagination.ts'
import { envelopeOf, pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import {
  describeCompetition,
  describeDataset,
  listCompetitions,
  listDatasets,
  type SlugKey,
} from './catalogue-repository.ts'
import { competitionNotFound, datasetNotFound } from './refusals.ts'
import { findPublicPart, requireCompetition } from './service.ts'

export type CatalogueDeps = {
  db: Kysely<DB>
  pagination: Pagination
  bundles: BundleCatalogue
  /** `https://api.medforge.<DOMAIN>/api/v1` */
  apiUrl: string
}

const tags = ['Competitions']
// Anybody may keep these, and asks again before every use.
const PUBLIC = 'no-cache'
const SAMPLE = 'public, max-age=300'

function madeUpOf(
  kind: CompetitionDetail['holdout']['kind'],
  bundle: Bundle | null,
): CompetitionDetail['made_up'] {
  if (kind === 'operator') return []
  return bundle?.manifest.demo?.ids_are_made_up ? ['labels', 'ids'] : ['labels']
}

/** What anybody may read about competitions and data sets. */
export function catalogueRoutes({ db, pagination, bundles, apiUrl }: CatalogueDeps): Routes {
  return async (app) => {
    app.get(
      '/competitions',
      {
        schema: route({
          summary: 'All competitions, by slug',
          tags,
          querystring: ListQuery,
          success: { 200: Type.Array(CompetitionSummary) },
          problems: ['invalid_limit', 'invalid_cursor'],
        }),
      },
      async (request, reply) => {
        const page = pagination.parsePage<SlugKey>('competitions', request.query)
        const { rows, next } = await listCompetitions(db, page)
        reply.header('cache-control', PUBLIC)
        return pageOf(request, rows, page.endingAt(next))
      },
    )

    app.get(
      '/competitions/:slug',
      {
        schema: route({
          summary: 'One competition',
          tags,
          params: CompetitionSlugParams,
          success: { 200: CompetitionDetail },
          problems: ['competition_not_found'],
        }),
      },
      async (request, reply) => {
        const { slug } = request.params
        const competition = await describeCompetition(db, slug)
        if (!competition) throw competitionNotFound(slug)
        reply.header('cache-control', PUBLIC)
        const facts = await requireCompetition(db, slug)
        // Everything else of it can be read although its files are damaged, which is logged.
        const bundle = await findPublicPart(bundles, facts).catch((error) => {
          if (!(error instanceof DomainError)) throw error
          request.log.warn(
            { err: error.cause, competition: slug },
            'competition.bundle_unavailable',
          )
          return null
        })
        return envelopeOf(request, {
          ...competition,
          made_up: madeUpOf(competition.holdout.kind, bundle),
          sample_submission_url: `${apiUrl}/competitions/${slug}/sample-submission`,
          submission_spec: bundle ? shapeOf(bundle.spec) : null,
        })
      },
    )

    app.get(
      '/competitions/:slug/sample-submission',
      {
        schema: route({
          summary: 'A submission of the right shape, to download',
          tags,
          params: CompetitionSlugParams,
          success: {},
          otherMedia: { 200: { 'text/csv': Type.String() } },
          problems: ['competition_not_found', 'holdout_unavailable'],
        }),
      },
      async (request, reply) => {
        const { slug } = request.params
        const bundle = await findPublicPart(bundles, await requireCompetition(db, slug))
        if (!bundle) throw competitionNotFound(slug)
        return reply
          .header('cache-control', SAMPLE)
          .header('content-disposition', `attachment; filename="${slug}-sample-submission.csv"`)
          .type('text/csv; charset=utf-8')
          .send(bundle.sampleSubmission)
      },
    )

    app.get(
      '/datasets',
      {
        schema: route({
          summary: 'All data sets, by slug',
          tags,
          querystring: ListQuery,
          success: { 200: Type.Array(DatasetSummary) },
          problems: ['invalid_limit', 'invalid_cursor'],
        }),
      },
      async (request, reply) => {
        const page = pagination.parsePage<SlugKey>('datasets', request.query)
        const { rows, next } = await listDatasets(db, page)
        reply.header('cache-control', PUBLIC)
        return pageOf(request, rows, page.endingAt(next))
      },
    )

    app.get(
      '/datasets/:slug',
      {
        schema: route({
          summary: 'One data set',
          description: 'What it is and where it comes from. MedForge does not serve its files.',
          tags,
          params: CompetitionSlugParams,
          success: { 200: DatasetDetail },
          problems: ['dataset_not_found'],
        }),
      },
      async (request, reply) => {
        const { slug } = request.params
        const dataset = await describeDataset(db, slug)
        if (!dataset) throw datasetNotFound(slug)
        reply.header('cache-control', PUBLIC)
        return envelopeOf(request, dataset)
      },
    )
  }
}
