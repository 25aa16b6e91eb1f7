import { randomUUID } from 'node:crypto'
import { createTokenHasher, newToken, rebuildBoard } from '@medforge/core'
import {
  createDatabase,
  type DB,
  migrateToLatest,
  PATIENT_QUERY_LIMIT_MS,
  toSqlTime,
} from '@medforge/db'
import { type Kysely, sql } from 'kysely'

export const SLUG = 'titanic-survival'
export const PEOPLE = 10_000
const COMPETITION = randomUUID()
const SPLIT = 'bench'
const SECONDARY = '["balanced_accuracy","macro_f1"]'
const COMPONENTS = '{"accuracy":0.75,"balanced_accuracy":0.7,"macro_f1":0.7}'
// 418 passengers: scores are multiples of 1/418, so most people share theirs with others.
const ROWS = 418
// In one statement; so many that each person gets some.
const PIECE = 50_000

export type World = AsyncDisposable & {
  databaseUrl: string
  /** Bring the number of scored submissions up to this, of the same people. @returns milliseconds to make the board from all of them */
  grow(submissions: number): Promise<number>
  /** Tokens of so many people, spread over the board. */
  signIn(count: number): Promise<string[]>
  /** The board as one query over all scores, which is what it was before it was kept. */
  queryBoard(limit: number): Promise<unknown>
}

const idOf = (kind: string, number: string) =>
  `CONCAT(LOWER(LPAD(HEX(${number}), 8, '0')), '-${kind}-4000-8000-000000000000')`

/** Everything is a function of its number, so that each run measures the same board. */
export async function createWorld(serverUrl: string, sessionSecret: string): Promise<World> {
  const databaseUrl = Object.assign(new URL(serverUrl), { pathname: '/bench_leaderboard' }).href
  {
    await using server = createDatabase(serverUrl, { poolSize: 1 })
    await sql`CREATE DATABASE bench_leaderboard CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`.execute(
      server,
    )
    await sql`SET GLOBAL innodb_log_file_size = ${sql.lit(1024 ** 3)}`.execute(server)
  }
  await migrateToLatest(databaseUrl)
  const db = createDatabase(databaseUrl, { poolSize: 1, queryLimitMs: PATIENT_QUERY_LIMIT_MS })
  await sql`SET foreign_key_checks = 0, unique_checks = 0`.execute(db)
  await seed(db)
  let made = 0

  async function grow(submissions: number): Promise<number> {
    await setMemory(db, 2048)
    for (; made < submissions; made += PIECE) await insert(db, made)
    await setMemory(db, 256)
    const startedAt = performance.now()
    await db.transaction().execute((tx) => rebuildBoard(tx, COMPETITION))
    const tookMs = performance.now() - startedAt
    await measureAll(db)
    return tookMs
  }

  async function signIn(count: number): Promise<string[]> {
    const hash = createTokenHasher(sessionSecret)
    const now = new Date()
    const people = await db.selectFrom('users').select('id').orderBy('id').execute()
    const chosen = people.filter((_, at) => at % Math.floor(PEOPLE / count) === 0)
    const logins = chosen.map(({ id }) => ({ token: newToken(), user_id: id }))
    await db
      .insertInto('auth_sessions')
      .values(
        logins.map(({ token, user_id }) => ({
          id: randomUUID(),
          user_id,
          token_hash: hash(token),
          created_at: toSqlTime(now),
          last_seen_at: toSqlTime(now),
          expires_at: toSqlTime(new Date(now.getTime() + 86_400_000)),
        })),
      )
      .execute()
    return logins.map(({ token }) => token)
  }

  return {
    databaseUrl,
    grow,
    signIn,
    queryBoard: (limit) => queryBoard(db, limit),
    [Symbol.asyncDispose]: () => db.destroy(),
  }
}

/** What the database may hold in memory: as much as an installation's (deploy/images/db/medforge.cnf) where something is measured. */
async function setMemory(db: Kysely<DB>, mebibytes: number): Promise<void> {
  await sql`SET GLOBAL innodb_buffer_pool_size = ${sql.lit(mebibytes * 1024 ** 2)}`.execute(db)
}

async function seed(db: Kysely<DB>): Promise<void> {
  const at = '2026-03-01 00:00:00.000000'
  const dataset_id = randomUUID()
  await db
    .insertInto('datasets')
    .values({
      id: dataset_id,
      slug: 'd',
      title: 'd',
      source: '',
      license: '',
      bytes: 0,
      checksum: '',
      storage_path: '',
      created_at: at,
    })
    .execute()
  await db
    .insertInto('competitions')
    .values({
      id: COMPETITION,
      slug: SLUG,
      title: SLUG,
      description: '',
      rules: '',
      competition_tier: 'public',
      metric: 'accuracy',
      metric_version: 'accuracy-v1',
      secondary_metrics: SECONDARY,
      competition_spec_version: 'v1',
      is_permanent: true,
      submission_cap_per_day: 20,
      dataset_id,
      evaluation_split_version: SPLIT,
      manifest_sha256: 'f'.repeat(64),
      holdout_kind: 'demo',
      holdout_rows: ROWS,
      created_at: at,
    })
    .execute()
  await sql`
    INSERT INTO users (
      id, email, password_hash, display_name, display_name_skeleton, display_name_folded, created_at
    )
    SELECT ${sql.raw(idOf('0000', 'seq'))}, CONCAT('p', seq, '@people.test'), 'x',
      CONCAT('Person ', seq), UNHEX(SHA2(seq, 256)), UNHEX(SHA2(seq, 256)), ${at}
    FROM ${sql.raw(`seq_1_to_${PEOPLE}`)}
  `.execute(db)
}

/**
 * The next piece of submissions, each with its official score: the same number of each person, one person after the other, so that all
 * indexes are filled in their order.
 */
async function insert(db: Kysely<DB>, from: number): Promise<void> {
  const numbers = sql.raw(`seq_${from + 1}_to_${from + PIECE}`)
  const submission = sql.raw(idOf('1111', 'seq'))
  const person = sql.raw(idOf('0000', `1 + ((seq - 1) MOD ${PIECE}) DIV ${PIECE / PEOPLE}`))
  const at = sql`'2026-03-01' + INTERVAL seq * 7 SECOND`
  await sql`
    INSERT INTO submissions (id, competition_id, user_id, filename, stored_name, sha256, size_bytes,
      utc_day, score_status, request_id, created_at, scored_at)
    SELECT ${submission}, ${COMPETITION}, ${person}, 'a.csv', CONCAT(${submission}, '.csv'),
      UNHEX(LPAD(HEX(seq), 64, '0')), 1, '2026-03-01', 'scored', 'r', ${at}, ${at}
    FROM ${numbers}
  `.execute(db)
  await sql`
    INSERT INTO submission_scores (id, submission_id, competition_id, user_id, primary_score,
      score_components, scorer_version, metric_version, evaluation_split_version, manifest_sha256,
      is_official, created_at)
    SELECT ${sql.raw(idOf('2222', 'seq'))}, ${submission}, ${COMPETITION}, ${person},
      (200 + CRC32(CONCAT('s', seq)) MOD ${sql.lit(ROWS - 200)}) / ${sql.lit(ROWS)},
      ${COMPONENTS}, 's', 'accuracy-v1', ${SPLIT}, ${'f'.repeat(64)}, 1, ${at}
    FROM ${numbers}
  `.execute(db)
}

/** As the worker leaves it once nothing is missing: every entry measured and compared with the first, and two baselines. */
async function measureAll(db: Kysely<DB>): Promise<void> {
  await sql`
    REPLACE INTO score_uncertainties (score_id, secondary_metrics, standard_error, interval_low,
      interval_high, first_score_id, tied_with_first, computed_at)
    SELECT score_id, ${SECONDARY}, 0.02, primary_score - 0.04, primary_score + 0.04,
      FIRST_VALUE(score_id) OVER (ORDER BY sort_score, scored_at, submission_id), 0, scored_at
    FROM leaderboard_entries WHERE competition_id = ${COMPETITION}
  `.execute(db)
  for (const [place, name] of ['Random', 'Majority'].entries()) {
    const score = {
      ...{ competition_id: COMPETITION, evaluation_split_version: SPLIT, name, place },
      ...{ source: name.toLowerCase(), metric_version: 'accuracy-v1' },
      ...{ manifest_sha256: 'f'.repeat(64), secondary_metrics: SECONDARY },
      ...{ primary_score: 0.5, score_components: COMPONENTS },
      ...{ standard_error: 0.02, interval_low: 0.46, interval_high: 0.54 },
      computed_at: '2026-03-01 00:00:00.000000',
    }
    await db.insertInto('reference_scores').ignore().values(score).execute()
  }
}

async function queryBoard(db: Kysely<DB>, limit: number): Promise<unknown> {
  const order = sql`primary_score DESC, created_at, submission_id`
  const { rows } = await sql`
    WITH ranked AS (
      SELECT id, submission_id, user_id, primary_score, metric_version, created_at,
        ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY ${order}) AS place,
        COUNT(*) OVER (PARTITION BY user_id) AS entries
      FROM submission_scores
      WHERE competition_id = ${COMPETITION} AND evaluation_split_version = ${SPLIT} AND is_official = 1
    ), board AS (
      SELECT *, ROW_NUMBER() OVER (ORDER BY ${order}) AS position FROM ranked WHERE place = 1
    )
    SELECT board.*, users.display_name FROM board JOIN users ON users.id = board.user_id
    ORDER BY board.position LIMIT ${limit}
  `.execute(db)
  return rows
}
