import type {
  CompetitionDetail,
  CompetitionSummary,
  DatasetDetail,
  DatasetSummary,
  Submission,
} from '@medforge/contracts'
import {
  type CreatedKey,
  type DB,
  mapPage,
  newestFirst,
  type Page,
  type PageRequest,
  readPage,
  toTimestamp,
} from '@medforge/db'
import type { Kysely } from 'kysely'

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

export type SlugKey = { slug: string }

/** Public competitions by slug. */
export async function listCompetitions(
  db: Kysely<DB>,
  page: PageRequest<SlugKey>,
): Promise<Page<CompetitionSummary, SlugKey>> {
  const query = db
    .selectFrom('competitions')
    .select(SUMMARY_COLUMNS)
    .where('competition_tier', '=', 'public')
  return readPage(query, [['slug', 'asc']], page)
}

/** What the server itself needs to know of a competition. */
export type CompetitionFacts = {
  id: string
  slug: string
  status: 'active' | 'inactive'
  metric_version: string
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
): Promise<Omit<CompetitionDetail, 'sample_submission_url' | 'submission_spec'> | undefined> {
  const row = await db
    .selectFrom('competitions')
    .innerJoin('datasets', 'datasets.id', 'competitions.dataset_id')
    .select(SUMMARY_COLUMNS)
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
    ...detail,
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

/** Somebody's submissions to one competition, newest first. */
export async function listSubmissions(
  db: Kysely<DB>,
  { userId, competitionId }: { userId: string; competitionId: string },
  page: PageRequest<CreatedKey>,
): Promise<Page<Submission, CreatedKey>> {
  const query = selectSubmissions(db)
    .where('submissions.user_id', '=', userId)
    .where('submissions.competition_id', '=', competitionId)
  return mapPage(await readPage(query, newestFirst('submissions'), page), toSubmission)
}

export async function findSubmission(
  db: Kysely<DB>,
  id: string,
): Promise<{ submission: Submission; isBlocked: boolean } | undefined> {
  const row = await selectSubmissions(db).where('submissions.id', '=', id).executeTakeFirst()
  return row && { submission: toSubmission(row), isBlocked: row.blocked_reason !== null }
}

/** With the competition's slug, the official score and the exclusion, where there is one. */
export function selectSubmissions(db: Kysely<DB>) {
  return db
    .selectFrom('submissions')
    .innerJoin('competitions', 'competitions.id', 'submissions.competition_id')
    .leftJoin('submission_scores', (join) =>
      join
        .onRef('submission_scores.submission_id', '=', 'submissions.id')
        .on('submission_scores.official_active', '=', 1),
    )
    .leftJoin('submission_exclusions', 'submission_exclusions.submission_id', 'submissions.id')
    .select([
      'submissions.id',
      'competitions.slug as competition_slug',
      'submissions.user_id',
      'submissions.filename',
      'submissions.score_status',
      'submissions.score_error',
      'submissions.score_error_internal',
      'submissions.blocked_reason',
      'submissions.created_at',
      'submissions.scored_at',
      'submission_scores.id as score_id',
      'submission_scores.primary_score',
      'submission_scores.score_components',
      'submission_scores.scorer_version',
      'submission_scores.metric_version',
      'submission_scores.evaluation_split_version',
      'submission_scores.manifest_sha256',
      'submission_scores.created_at as score_created_at',
      'submission_exclusions.reason as exclusion_reason',
      'submission_exclusions.excluded_at',
    ])
}

export type SubmissionRow = Awaited<
  ReturnType<ReturnType<typeof selectSubmissions>['execute']>
>[number]

export function toSubmission(row: SubmissionRow): Submission {
  return {
    id: row.id,
    competition_slug: row.competition_slug,
    user_id: row.user_id,
    filename: row.filename,
    score_status: row.score_status,
    score_error: row.score_error,
    created_at: toTimestamp(row.created_at),
    scored_at: row.scored_at === null ? null : toTimestamp(row.scored_at),
    official_score: toOfficialScore(row),
    exclusion:
      row.exclusion_reason === null || row.excluded_at === null
        ? null
        : { reason: row.exclusion_reason, at: toTimestamp(row.excluded_at) },
  }
}

function toOfficialScore(row: SubmissionRow): Submission['official_score'] {
  const { score_id, primary_score, score_components, score_created_at } = row
  const { scorer_version, metric_version, evaluation_split_version, manifest_sha256 } = row
  // A left join gives all of a score or nothing.
  if (
    score_id === null ||
    primary_score === null ||
    score_components === null ||
    score_created_at === null ||
    scorer_version === null ||
    metric_version === null ||
    evaluation_split_version === null ||
    manifest_sha256 === null
  ) {
    return null
  }
  return {
    id: score_id,
    primary_score,
    score_components: JSON.parse(score_components),
    scorer_version,
    metric_version,
    evaluation_split_version,
    manifest_sha256,
    created_at: toTimestamp(score_created_at),
  }
}
