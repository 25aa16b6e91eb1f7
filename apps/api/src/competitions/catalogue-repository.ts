import type {
  CompetitionDetail,
  CompetitionSummary,
  DatasetDetail,
  DatasetSummary,
} from '@medforge/contracts'
import { type DB, mapPage, type Page, type PageRequest, readPage, toTimestamp } from '@medforge/db'
import type { ExpressionBuilder, Kysely } from 'kysely'

const SUMMARY_COLUMNS = [
  'competitions.slug',
  'competitions.title',
  'competitions.competition_tier',
  'competitions.metric',
  'competitions.metric_version',
  'competitions.scoring_mode',
  'competitions.leaderboard_rule',
  'competitions.evaluation_policy',
  'competitions.competition_spec_version',
  'competitions.is_permanent',
  'competitions.submission_cap_per_day',
] as const

/** Everybody on the board of the split that the leaderboard shows. */
function entrants({ selectFrom }: ExpressionBuilder<DB, 'competitions'>) {
  return selectFrom('leaderboard_entries as entry')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .whereRef('entry.competition_id', '=', 'competitions.id')
    .whereRef('entry.evaluation_split_version', '=', 'competitions.evaluation_split_version')
    .as('entrants')
}

function withNumber<Row extends { entrants: number | null }>(row: Row) {
  return { ...row, entrants: Number(row.entrants ?? 0) }
}

export type SlugKey = { slug: string }

/** Public competitions by slug. */
export async function listCompetitions(
  db: Kysely<DB>,
  page: PageRequest<SlugKey>,
): Promise<Page<CompetitionSummary, SlugKey>> {
  const query = db
    .selectFrom('competitions')
    .select(SUMMARY_COLUMNS)
    .select(entrants)
    .where('competition_tier', '=', 'public')
  return mapPage(await readPage(query, [['slug', 'asc']], page), withNumber)
}

/** What the server itself needs to know of a competition. */
export type CompetitionFacts = {
  id: string
  slug: string
  status: 'active' | 'inactive'
  metric_version: string
  /** JSON text. */
  secondary_metrics: string
  higher_is_better: boolean
  evaluation_split_version: string
  manifest_sha256: string
  bundle_version: string | null
}

export async function findCompetition(
  db: Kysely<DB>,
  slug: string,
): Promise<CompetitionFacts | undefined> {
  return db
    .selectFrom('competitions')
    .select([
      'id',
      'slug',
      'status',
      'metric_version',
      'secondary_metrics',
      'higher_is_better',
      'evaluation_split_version',
      'manifest_sha256',
      'bundle_version',
    ])
    .where('slug', '=', slug)
    .where('competition_tier', '=', 'public')
    .executeTakeFirst()
}

export async function describeCompetition(
  db: Kysely<DB>,
  slug: string,
): Promise<
  Omit<CompetitionDetail, 'sample_submission_url' | 'submission_spec' | 'made_up'> | undefined
> {
  const row = await db
    .selectFrom('competitions')
    .innerJoin('datasets', 'datasets.id', 'competitions.dataset_id')
    .select(SUMMARY_COLUMNS)
    .select(entrants)
    .select([
      'competitions.description',
      'competitions.status',
      'competitions.higher_is_better',
      'competitions.rules',
      'competitions.holdout_kind',
      'competitions.evaluation_split_version',
      'competitions.holdout_rows',
      'competitions.notice',
      'competitions.notice_at',
      'datasets.slug as dataset_slug',
      'datasets.title as dataset_title',
    ])
    .where('competitions.slug', '=', slug)
    .where('competitions.competition_tier', '=', 'public')
    .executeTakeFirst()
  if (!row) return undefined
  const { holdout_kind, evaluation_split_version, holdout_rows, notice, notice_at, ...detail } = row
  return {
    ...withNumber(detail),
    notice:
      notice === null || notice_at === null ? null : { text: notice, at: toTimestamp(notice_at) },
    holdout: { kind: holdout_kind, version: evaluation_split_version, rows: holdout_rows },
  }
}

/** By slug. */
export async function listDatasets(
  db: Kysely<DB>,
  page: PageRequest<SlugKey>,
): Promise<Page<DatasetSummary, SlugKey>> {
  const query = db.selectFrom('datasets').select(['slug', 'title', 'source'])
  return readPage(query, [['slug', 'asc']], page)
}

export async function describeDataset(
  db: Kysely<DB>,
  slug: string,
): Promise<DatasetDetail | undefined> {
  return db
    .selectFrom('datasets')
    .select(['slug', 'title', 'source', 'license', 'bytes', 'checksum', 'storage_path'])
    .where('slug', '=', slug)
    .executeTakeFirst()
}
