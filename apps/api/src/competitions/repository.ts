import type {
  AdminSubmission,
  AdminSubmissionQuery,
  OwnSubmission,
  ScoreStatus,
} from '@medforge/contracts'
import {
  type CreatedKey,
  type DB,
  likePattern,
  mapPage,
  newestFirst,
  type Page,
  type PageRequest,
  readPage,
  type SqlTime,
  toSqlDay,
} from '@medforge/db'
import { SCORER_VERSION } from '@medforge/scoring'
import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import { toSubmission } from './serializer.ts'

/** Somebody's submissions to one competition, newest first. */
export async function listSubmissions(
  db: Kysely<DB>,
  { userId, competitionId }: Contestant,
  page: PageRequest<CreatedKey>,
): Promise<Page<OwnSubmission, CreatedKey>> {
  const query = selectSubmissions(db)
    .where('submissions.user_id', '=', userId)
    .where('submissions.competition_id', '=', competitionId)
  return mapPage(await readPage(query, newestFirst('submissions'), page), toSubmission)
}

export async function findSubmission(
  db: Kysely<DB>,
  id: string,
): Promise<{ submission: OwnSubmission; isBlocked: boolean } | undefined> {
  const row = await selectSubmissions(db).where('submissions.id', '=', id).executeTakeFirst()
  return row && { submission: toSubmission(row), isBlocked: row.blocked_reason !== null }
}

/** What was uploaded, and by whom; undefined where this competition has no such submission. */
export async function findSubmissionFile(
  db: Kysely<DB>,
  competitionId: string,
  id: string,
): Promise<SubmissionFile | undefined> {
  return db
    .selectFrom('submissions')
    .select(['user_id', 'filename', 'stored_name', 'sha256', 'size_bytes'])
    .where('id', '=', id)
    .where('competition_id', '=', competitionId)
    .executeTakeFirst()
}

export type SubmissionFile = Pick<
  Selectable<DB['submissions']>,
  'user_id' | 'filename' | 'stored_name' | 'sha256' | 'size_bytes'
>

export async function saveNote(
  tx: Transaction<DB>,
  id: string,
  note: string | null,
): Promise<void> {
  await tx.updateTable('submissions').set({ note }).where('id', '=', id).execute()
}

/** Those of these submissions whose score nobody need wait for: scored, failed, or waiting for a holdout. */
export async function findSettledSubmissions(
  db: Kysely<DB>,
  ids: readonly string[],
): Promise<string[]> {
  const rows = await db
    .selectFrom('submissions')
    .select('id')
    .where('id', 'in', ids)
    .where((eb) =>
      eb.or([eb('score_status', 'in', ['scored', 'failed']), eb('blocked_reason', 'is not', null)]),
    )
    .execute()
  return rows.map(({ id }) => id)
}

type Filter = Pick<AdminSubmissionQuery, 'competition' | 'user' | 'status' | 'q'>

// Of the people whose name fits; more than these are not looked through.
const PEOPLE_MAX = 200
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Submissions of everybody, newest first. For administrators. */
export async function searchSubmissions(
  db: Kysely<DB>,
  filter: Filter,
  page: PageRequest<CreatedKey>,
): Promise<Page<AdminSubmission, CreatedKey>> {
  const people = await findPeople(db, filter.q)
  if (people?.length === 0) return { rows: [], next: null }
  let query = selectSubmissions(db)
    .innerJoin('users', 'users.id', 'submissions.user_id')
    .select([
      'users.email',
      'users.display_name',
      'submissions.size_bytes',
      'submissions.sha256',
      'submissions.attempts',
      'submissions.counts_against_cap',
    ])
  const { competition, user, status, q } = filter
  if (competition !== undefined) {
    // By id, so that the index that begins with it is used.
    query = query.where('submissions.competition_id', '=', (eb) =>
      eb
        .selectFrom('competitions as wanted')
        .select('wanted.id')
        .where('wanted.slug', '=', competition),
    )
  }
  if (user !== undefined) query = query.where('submissions.user_id', '=', user)
  if (status === 'excluded') {
    query = query.where('submission_exclusions.submission_id', 'is not', null)
  } else if (status !== undefined) {
    query = query.where('submissions.score_status', '=', status)
  }
  if (q !== undefined && UUID.test(q)) query = query.where('submissions.id', '=', q)
  else if (people) query = query.where('submissions.user_id', 'in', people)
  return mapPage(await readPage(query, newestFirst('submissions'), page), (row) => ({
    ...toSubmission(row),
    email: row.email,
    display_name: row.display_name,
    size_bytes: row.size_bytes,
    sha256: row.sha256.toString('hex'),
    attempts: row.attempts,
    counts_against_cap: row.counts_against_cap,
    score_error_internal: row.score_error_internal,
    blocked_reason: row.blocked_reason,
  }))
}

/** Ids of people whose address or name has this in it; null where it asks for something else. */
async function findPeople(db: Kysely<DB>, q: string | undefined): Promise<string[] | null> {
  const pattern = likePattern(q)
  if (pattern === null || UUID.test(q?.trim() ?? '')) return null
  const rows = await db
    .selectFrom('users')
    .select('id')
    .where((eb) =>
      eb.or([
        eb(eb.fn<string>('lower', ['email']), 'like', pattern),
        eb(eb.fn<string>('lower', ['display_name']), 'like', pattern),
      ]),
    )
    .orderBy('id')
    .limit(PEOPLE_MAX)
    .execute()
  return rows.map(({ id }) => id)
}

/** Whose submissions, and to what. */
export type Contestant = { userId: string; competitionId: string }

/** What decides whether a competition takes one more submission of somebody. */
export async function findSubmissionRules(
  db: Kysely<DB>,
  competitionId: string,
): Promise<Pick<Selectable<DB['competitions']>, 'slug' | 'status' | 'submission_cap_per_day'>> {
  return db
    .selectFrom('competitions')
    .select(['slug', 'status', 'submission_cap_per_day'])
    .where('id', '=', competitionId)
    .executeTakeFirstOrThrow()
}

/** Accepted submissions of the UTC day, without those that the platform failed to score. */
export async function countToday(
  db: Kysely<DB>,
  { userId, competitionId }: Contestant,
  now: Date,
): Promise<number> {
  const { used } = await db
    .selectFrom('submissions')
    .select((eb) => eb.fn.countAll<number>().as('used'))
    .where('user_id', '=', userId)
    .where('competition_id', '=', competitionId)
    .where('utc_day', '=', toSqlDay(now))
    .where('counts_against_cap', '=', true)
    .executeTakeFirstOrThrow()
  return Number(used)
}

export async function findByIdempotencyKey(
  db: Kysely<DB>,
  { userId, competitionId }: Contestant,
  key: string,
): Promise<{ id: string; sha256: Buffer; created_at: SqlTime } | undefined> {
  return db
    .selectFrom('submissions')
    .select(['id', 'sha256', 'created_at'])
    .where('user_id', '=', userId)
    .where('competition_id', '=', competitionId)
    .where('idempotency_key', '=', key)
    .executeTakeFirst()
}

/** The key may be used for another submission from now on. */
export async function freeIdempotencyKey(tx: Transaction<DB>, id: string): Promise<void> {
  await tx.updateTable('submissions').set({ idempotency_key: null }).where('id', '=', id).execute()
}

export async function insertSubmission(
  tx: Transaction<DB>,
  row: Insertable<DB['submissions']>,
): Promise<void> {
  await tx.insertInto('submissions').values(row).execute()
}

export async function lockScoreStatus(
  tx: Transaction<DB>,
  id: string,
): Promise<ScoreStatus | undefined> {
  const row = await tx
    .selectFrom('submissions')
    .select('score_status')
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row?.score_status
}

/** Whether the official score is what the worker would compute now: same scorer, metric, split and manifest. */
export async function isScoreCurrent(tx: Transaction<DB>, submissionId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('submission_scores as score')
    .innerJoin('competitions as competition', (join) =>
      join
        .onRef('competition.id', '=', 'score.competition_id')
        .onRef('competition.metric_version', '=', 'score.metric_version')
        .onRef('competition.evaluation_split_version', '=', 'score.evaluation_split_version')
        .onRef('competition.manifest_sha256', '=', 'score.manifest_sha256'),
    )
    .select('score.id')
    .where('score.submission_id', '=', submissionId)
    .where('score.official_active', '=', 1)
    .where('score.scorer_version', '=', SCORER_VERSION)
    .executeTakeFirst()
  return row !== undefined
}

/** As if it had just been accepted; its official score stays until another takes its place. */
export async function requeue(tx: Transaction<DB>, id: string): Promise<void> {
  await tx
    .updateTable('submissions')
    .set({
      score_status: 'queued',
      score_error: null,
      score_error_internal: null,
      attempts: 0,
      not_before: null,
      blocked_reason: null,
      lease_owner: null,
      lease_expires_at: null,
    })
    .where('id', '=', id)
    .execute()
}

/** Which of these files belong to a submission. */
export async function findStoredNames(
  db: Kysely<DB>,
  names: readonly string[],
): Promise<Set<string>> {
  const rows = await db
    .selectFrom('submissions')
    .select('stored_name')
    .where('stored_name', 'in', names)
    .execute()
  return new Set(rows.map(({ stored_name }) => stored_name))
}

/** With the competition's slug, the official score and the exclusion, where there is one. */
function selectSubmissions(db: Kysely<DB>) {
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
      'submissions.note',
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
