import type { AdminSubmission, AdminSubmissionQuery } from '@medforge/contracts'
import {
  type CreatedKey,
  type DB,
  mapPage,
  newestFirst,
  type Page,
  type PageRequest,
  readPage,
} from '@medforge/db'
import type { Kysely } from 'kysely'
import { selectSubmissions, toSubmission } from './repository.ts'

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
  }))
}

/** Ids of people whose address or name has this in it; null where it asks for something else. */
async function findPeople(db: Kysely<DB>, q: string | undefined): Promise<string[] | null> {
  const text = q?.trim() ?? ''
  if (text === '' || UUID.test(text)) return null
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
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
