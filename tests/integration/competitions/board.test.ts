import { randomUUID } from 'node:crypto'
import { findCompetition } from '@medforge/api/competitions/catalogue-repository.ts'
import { excludeSubmission, restoreSubmission } from '@medforge/api/competitions/exclusions.ts'
import { withBoard } from '@medforge/api/competitions/leaderboard.ts'
import {
  countEntries,
  findEntry,
  listEntries,
} from '@medforge/api/competitions/leaderboard-repository.ts'
import { createLogger } from '@medforge/api/lib/logger.ts'
import { saveTie, saveUncertainty } from '@medforge/api/scoring/board-fill-repository.ts'
import { repairBoards } from '@medforge/api/scoring/board-repair.ts'
import { publishScore } from '@medforge/api/scoring/publish.ts'
import type { Claim } from '@medforge/api/scoring/queue.ts'
import { SUBMISSIONS } from '@medforge/api/scoring/submission-queue.ts'
import { countWrongEntries, rebuildBoard } from '@medforge/core'
import { createDatabase, type DB, toSqlTime } from '@medforge/db'
import { createFakeClock, newUser } from '@medforge/test-support'
import fc from 'fast-check'
import type { Kysely } from 'kysely'
import { describe, expect } from 'vitest'
import { collectLines, type LogLine } from '../app.ts'
import { TITANIC, test } from './site.ts'

const EVERYBODY = { limit: 100, after: null }
const PEOPLE = 3
const FILES = 7
const SPLITS = ['first', 'second']

type Facts = NonNullable<Awaited<ReturnType<typeof findCompetition>>>
type File = { id: string; userId: string }

async function factsOf(db: Kysely<DB>): Promise<Facts> {
  const competition = await findCompetition(db, TITANIC)
  if (!competition) throw new Error('no competition')
  return competition
}

/** Submissions without files, a few of each person. */
async function newFiles(db: Kysely<DB>, users: string[], count: number): Promise<File[]> {
  const { id: competition_id } = await factsOf(db)
  const files = Array.from({ length: count }, (_, at) => ({
    id: randomUUID(),
    userId: users[at % users.length] ?? '',
  }))
  await db
    .insertInto('submissions')
    .values(
      files.map(({ id, userId }) => ({
        id,
        competition_id,
        user_id: userId,
        filename: 'a.csv',
        stored_name: `${id}.csv`,
        sha256: Buffer.alloc(32),
        size_bytes: 1,
        utc_day: '2026-03-01',
        request_id: 'r',
        created_at: '2026-03-01 00:00:00.000000',
      })),
    )
    .execute()
  return files
}

/** What a worker does once it has computed the score. */
async function publish(db: Kysely<DB>, file: File, score: number, at: Date) {
  const competition = await factsOf(db)
  const leaseOwner = randomUUID()
  await db
    .updateTable('submissions')
    .set({ score_status: 'scoring', lease_owner: leaseOwner })
    .where('id', '=', file.id)
    .execute()
  const claim: Claim = {
    table: SUBMISSIONS,
    groupId: competition.id,
    job: {
      submissionId: file.id,
      storedName: '',
      sizeBytes: 1,
      sha256: '',
      competitionSlug: TITANIC,
      bundleVersion: null,
      metricVersion: competition.metric_version,
      evaluationSplitVersion: competition.evaluation_split_version,
      manifestSha256: competition.manifest_sha256,
    },
    competitionId: competition.id,
    userId: file.userId,
    leaseOwner,
    attempt: 1,
    requestId: 'r',
  }
  return publishScore(db, claim, { primary_score: score, score_components: {} }, at)
}

type Scored = File & { score: number; split: string; at: string; excluded: boolean }

/** The rule in words: per person the best of what counts, then all of those in order. */
function boardByRule(scored: Scored[], split: string, higherIsBetter: boolean) {
  const sign = higherIsBetter ? -1 : 1
  const order = (a: Scored, b: Scored) =>
    sign * (a.score - b.score) || a.at.localeCompare(b.at) || (a.id < b.id ? -1 : 1)
  const counted = scored.filter((one) => one.split === split && !one.excluded).toSorted(order)
  const best = new Map<string, { submission: string; entries: number }>()
  for (const { userId, id } of counted) {
    const known = best.get(userId)
    best.set(userId, { submission: known?.submission ?? id, entries: (known?.entries ?? 0) + 1 })
  }
  return [...best].map(([user, rest], at) => ({ rank: at + 1, user, ...rest }))
}

const command = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      file: fc.nat(FILES - 1),
      score: fc.constantFrom(-1, 0, 0.1 + 0.2, 0.3, 5e-324, 1),
      second: fc.nat(3),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('exclude' as const), file: fc.nat(FILES - 1) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('restore' as const), file: fc.nat(FILES - 1) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('switch' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('measure' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('compare' as const) }) },
)

/** What is known of a score beside its value, by its id. */
type Known = { error: number; first: string | null; tied: boolean | null }

describe('the kept board', () => {
  test('equals the rule after every publication, re-score, exclusion, restoration and switch', async ({
    db,
    site,
  }) => {
    expect(site).toBeDefined()
    const users = await Promise.all(
      Array.from({ length: PEOPLE }, async () => (await newUser(db)).id),
    )
    const actorUserId = users[0] ?? ''
    const clock = createFakeClock()
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { minLength: 1, maxLength: 16 }),
        fc.boolean(),
        async (commands, higherIsBetter) => {
          for (const table of [
            'leaderboard_entries',
            'score_uncertainties',
            'submission_exclusions',
            'submission_scores',
            'submissions',
          ] as const) {
            await db.deleteFrom(table).execute()
          }
          let split = 0
          await db
            .updateTable('competitions')
            .set({
              higher_is_better: higherIsBetter,
              evaluation_split_version: SPLITS[split] ?? '',
            })
            .execute()
          const files = await newFiles(db, users, FILES)
          const excluded = new Set<string>()
          const scored = new Map<string, Omit<Scored, 'excluded'>>()
          const known = new Map<string, Known>()
          for (const each of commands) {
            const file = files['file' in each ? each.file : 0] as File
            const request = { submissionId: file.id, actorUserId, requestId: 'r' }
            switch (each.kind) {
              case 'publish': {
                const at = new Date(Date.UTC(2026, 2, 1, 12, 0, each.second))
                expect(await publish(db, file, each.score, at)).toBe('published')
                const first = scored.get(file.id)?.at ?? toSqlTime(at)
                scored.set(file.id, {
                  ...file,
                  score: each.score,
                  split: SPLITS[split] ?? '',
                  at: first,
                })
                break
              }
              case 'exclude':
                await excludeSubmission(db, clock, { ...request, reason: 'not your own work' })
                excluded.add(file.id)
                break
              case 'restore':
                await restoreSubmission(db, clock, request)
                excluded.delete(file.id)
                break
              case 'switch':
                split = 1 - split
                await db
                  .updateTable('competitions')
                  .set({ evaluation_split_version: SPLITS[split] ?? '' })
                  .execute()
                break
              // As the worker does beside scoring, with another figure for each score.
              case 'measure': {
                const { rows } = await listEntries(db, await factsOf(db), EVERYBODY)
                for (const { best_score_id: score_id } of rows) {
                  const before = known.get(score_id)
                  const error = before?.error ?? known.size + 1
                  known.set(score_id, before ?? { error, first: null, tied: null })
                  await saveUncertainty(db, {
                    ...{ score_id, secondary_metrics: '[]', standard_error: error },
                    ...{ interval_low: -error, interval_high: error },
                    computed_at: toSqlTime(clock.now()),
                  })
                }
                break
              }
              case 'compare': {
                const { rows } = await listEntries(db, await factsOf(db), EVERYBODY)
                const first = rows[0]?.best_score_id ?? ''
                for (const { rank, best_score_id } of rows) {
                  const before = known.get(best_score_id)
                  if (!before) continue
                  const tied = rank % 2 === 1
                  known.set(best_score_id, { ...before, first, tied })
                  await saveTie(db, best_score_id, { first_score_id: first, tied_with_first: tied })
                }
              }
            }
            const competition = await factsOf(db)
            const { rows: shown } = await listEntries(db, competition, EVERYBODY)
            const now = [...scored.values()].map((one) => ({
              ...one,
              excluded: excluded.has(one.id),
            }))
            const expected = boardByRule(now, SPLITS[split] ?? '', higherIsBetter)
            expect(
              shown.map((entry) => ({
                rank: entry.rank,
                user: entry.user_id,
                submission: entry.best_submission_id,
                entries: entry.entries,
              })),
            ).toEqual(expected)
            expect(await countWrongEntries(db, competition.id)).toBe(0)
            const first = shown[0]?.best_score_id
            for (const { best_score_id, standard_error, interval, tied_with_first } of shown) {
              const fact = known.get(best_score_id)
              expect({ standard_error, interval, tied_with_first }).toEqual({
                standard_error: fact?.error ?? null,
                interval: fact ? { low: -fact.error, high: fact.error } : null,
                tied_with_first: fact?.first === first ? fact?.tied : null,
              })
            }
            for (const user of users) {
              const entry = shown.find(({ user_id }) => user_id === user) ?? null
              expect(await findEntry(db, competition, user)).toEqual(entry)
            }
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  test('stays right when several workers and administrators change it at once', async ({
    db,
    site,
    database,
  }) => {
    expect(site).toBeDefined()
    const users = await Promise.all(Array.from({ length: 4 }, async () => (await newUser(db)).id))
    const files = await newFiles(db, users, 48)
    const clock = createFakeClock()
    const pools = Array.from({ length: 3 }, () => createDatabase(database.url, { poolSize: 6 }))
    const results = await Promise.allSettled(
      files.flatMap((file, at) => {
        const pool = pools[at % pools.length] as Kysely<DB>
        const other = pools[(at + 1) % pools.length] as Kysely<DB>
        const request = { submissionId: file.id, actorUserId: users[at % 4] ?? '', requestId: 'r' }
        return [
          publish(pool, file, (at % 5) / 5, clock.now()),
          ...(at % 4 === 0
            ? [excludeSubmission(other, clock, { ...request, reason: 'a reason' })]
            : []),
          ...(at % 8 === 0 ? [restoreSubmission(pool, clock, request)] : []),
        ]
      }),
    )
    for (const pool of pools) await pool.destroy()
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([])
    const competition = await factsOf(db)
    expect(await countWrongEntries(db, competition.id)).toBe(0)
    const { rows: entries } = await listEntries(db, competition, EVERYBODY)
    const { excluded } = await db
      .selectFrom('submission_exclusions')
      .select((eb) => eb.fn.countAll<number>().as('excluded'))
      .executeTakeFirstOrThrow()
    const counted = entries.reduce((sum, entry) => sum + entry.entries, 0)
    expect(counted).toBe(files.length - Number(excluded))
  })

  test('is whole for a reader whose competition moves to another holdout while they read', async ({
    db,
    site,
  }) => {
    expect(site).toBeDefined()
    const users = await Promise.all(Array.from({ length: 2 }, async () => (await newUser(db)).id))
    for (const [at, file] of (await newFiles(db, users, 4)).entries()) {
      await publish(db, file, at / 10, new Date('2026-03-01T12:00:00Z'))
    }
    const [someone = ''] = users
    const seen = await withBoard(db, TITANIC, async (tx, competition) => {
      await db.transaction().execute(async (other) => {
        await other
          .updateTable('competitions')
          .set({ evaluation_split_version: 'the next' })
          .where('id', '=', competition.id)
          .execute()
        await other
          .updateTable('submission_scores')
          .set({ evaluation_split_version: 'the next' })
          .execute()
        await rebuildBoard(other, competition.id)
      })
      const { rows } = await listEntries(tx, competition, EVERYBODY)
      return {
        split: competition.evaluation_split_version,
        splits: rows.map((entry) => entry.evaluation_split_version),
        people: await countEntries(tx, competition),
        mine: (await findEntry(tx, competition, someone))?.evaluation_split_version,
      }
    })
    const { split } = seen
    expect(seen).toEqual({ split, splits: [split, split], people: 2, mine: split })
    expect((await factsOf(db)).evaluation_split_version).toBe('the next')
  })

  test('that was damaged is found out, and made again from the scores', async ({ db, site }) => {
    expect(site).toBeDefined()
    const users = await Promise.all(Array.from({ length: 3 }, async () => (await newUser(db)).id))
    for (const [at, file] of (await newFiles(db, users, 6)).entries()) {
      await publish(db, file, at / 10, new Date('2026-03-01T12:00:00Z'))
    }
    const { id } = await factsOf(db)
    await db
      .updateTable('leaderboard_entries')
      .set({ entries: 9 })
      .where('user_id', '=', users[0] ?? '')
      .execute()
    await db
      .deleteFrom('leaderboard_entries')
      .where('user_id', '=', users[1] ?? '')
      .execute()
    expect(await countWrongEntries(db, id)).toBe(2)
    const logs: LogLine[] = []
    const logger = createLogger('worker', 'debug', collectLines(logs))
    expect(await repairBoards({ db, logger })).toEqual([TITANIC])
    expect(logs).toMatchObject([
      { level: 'warn', msg: 'leaderboard.repaired', wrong: 2, entries: 3 },
    ])
    expect(await countWrongEntries(db, id)).toBe(0)
    expect(await repairBoards({ db, logger })).toEqual([])
  })
})
