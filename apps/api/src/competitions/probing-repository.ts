import type { ProbingReport } from '@medforge/contracts'
import { type DB, mapPage, type Page, type PageRequest, readPage, toTimestamp } from '@medforge/db'
import { type Kysely, sql } from 'kysely'

const FILES_MAX = 50
const PEOPLE_OF_A_FILE_MAX = 20

/** Where somebody stands in the list of people: no two share it. */
export type ProberKey = { flagged: number; user_id: string }

/** People with flagged files, most of them first. */
export async function listProbers(
  db: Kysely<DB>,
  competitionId: string,
  page: PageRequest<ProberKey>,
): Promise<Page<ProbingReport['people'][number], ProberKey>> {
  const query = db
    .selectFrom((eb) =>
      eb
        .selectFrom('probing_flags as flag')
        .select(({ fn }) => [
          'flag.user_id',
          fn.countAll<number>().as('flagged'),
          fn.max('flag.chain_length').as('longest_chain'),
          fn.sum<number>('flag.changed_rows').as('changed_rows'),
          fn.max('flag.created_at').as('last_at'),
        ])
        .where('flag.competition_id', '=', competitionId)
        .groupBy('flag.user_id')
        .as('prober'),
    )
    .innerJoin('users', 'users.id', 'prober.user_id')
    .select([
      'prober.user_id',
      'users.email',
      'users.display_name',
      'prober.flagged',
      'prober.longest_chain',
      'prober.changed_rows',
      'prober.last_at',
    ])
  const order = [
    ['prober.flagged', 'desc'],
    ['prober.user_id', 'asc'],
  ] as const
  return mapPage(await readPage(query, order, page), (row) => ({
    ...row,
    flagged: Number(row.flagged),
    longest_chain: Number(row.longest_chain),
    changed_rows: Number(row.changed_rows),
    last_at: toTimestamp(row.last_at),
  }))
}

/** The same bytes from more than one account, most accounts first. */
export async function listSharedFiles(
  db: Kysely<DB>,
  competitionId: string,
): Promise<Pick<ProbingReport, 'shared_files' | 'shared_files_total'>> {
  const files = await db
    .selectFrom('submissions')
    .select(['sha256', sql<number>`COUNT(DISTINCT user_id)`.as('accounts')])
    // How many rows there are before the limit.
    .select(sql<number>`COUNT(*) OVER ()`.as('total'))
    .where('competition_id', '=', competitionId)
    .groupBy('sha256')
    .having(sql`COUNT(DISTINCT user_id)`, '>', 1)
    .orderBy('accounts', 'desc')
    .orderBy('sha256')
    .limit(FILES_MAX)
    .execute()
  const shared_files = await Promise.all(
    files.map(async ({ sha256, accounts }) => ({
      sha256: sha256.toString('hex'),
      accounts: Number(accounts),
      people: await listSenders(db, competitionId, sha256),
    })),
  )
  return { shared_files, shared_files_total: Number(files[0]?.total ?? 0) }
}

async function listSenders(db: Kysely<DB>, competitionId: string, sha256: Buffer) {
  return db
    .selectFrom('submissions')
    .innerJoin('users', 'users.id', 'submissions.user_id')
    .select(['submissions.user_id', 'users.email'])
    .distinct()
    .where('submissions.competition_id', '=', competitionId)
    .where('submissions.sha256', '=', sha256)
    .orderBy('users.email')
    .limit(PEOPLE_OF_A_FILE_MAX)
    .execute()
}
