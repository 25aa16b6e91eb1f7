import { randomUUID } from 'node:crypto'
import { findCompetition } from '@medforge/api/competitions/catalogue-repository.ts'
import {
  type LeaderboardKey,
  readLeaderboard,
  readWholeBoard,
  withBoard,
} from '@medforge/api/competitions/leaderboard.ts'
import { POINTS_MAX, readBestOverTime } from '@medforge/api/competitions/leaderboard-repository.ts'
import type { Leaderboard, LeaderboardSeries, LeaderboardStanding } from '@medforge/contracts'
import { rebuildBoard } from '@medforge/core'
import { type DB, toSqlTime } from '@medforge/db'
import { newUser } from '@medforge/test-support'
import fc from 'fast-check'
import type { Insertable, Kysely } from 'kysely'
import { describe, expect } from 'vitest'
import { signIn, TITANIC, test } from './site.ts'

type Score = Insertable<DB['submission_scores']>
type FakeScore = {
  user: number
  score: number
  second: number
  split: 'now' | 'old'
  official: boolean
}

/** Writes scores as the worker would, without files. */
async function writeScores(db: Kysely<DB>, users: string[], fakes: FakeScore[]): Promise<Score[]> {
  const competition = await db
    .selectFrom('competitions')
    .selectAll()
    .where('slug', '=', TITANIC)
    .executeTakeFirstOrThrow()
  const scores = fakes.map(
    ({ user, score, second, split, official }): Score => ({
      id: randomUUID(),
      submission_id: randomUUID(),
      competition_id: competition.id,
      user_id: users[user] ?? '',
      primary_score: score,
      score_components: '{}',
      scorer_version: 's',
      metric_version: competition.metric_version,
      evaluation_split_version: split === 'now' ? competition.evaluation_split_version : 'old',
      manifest_sha256: competition.manifest_sha256,
      is_official: official,
      created_at: toSqlTime(new Date(Date.UTC(2026, 2, 1, 12, 0, second))),
    }),
  )
  if (scores.length === 0) return []
  await db
    .insertInto('submissions')
    .values(
      scores.map(({ submission_id, competition_id, user_id, created_at }) => ({
        id: submission_id,
        competition_id,
        user_id,
        filename: 'a.csv',
        stored_name: `${submission_id}.csv`,
        sha256: Buffer.alloc(32),
        size_bytes: 1,
        utc_day: '2026-03-01',
        score_status: 'scored' as const,
        request_id: 'r',
        created_at,
        scored_at: created_at,
      })),
    )
    .execute()
  await db.insertInto('submission_scores').values(scores).execute()
  await rebuild(db)
  return scores
}

async function rebuild(db: Kysely<DB>): Promise<void> {
  for (const { id } of await db.selectFrom('competitions').select('id').execute()) {
    await db.transaction().execute((tx) => rebuildBoard(tx, id))
  }
}

/** The rule in words: per person the best, then all of those in order. */
function boardByRule(scores: Score[], split: string, higherIsBetter: boolean): string[] {
  const sign = higherIsBetter ? -1 : 1
  const order = (a: Score, b: Score) =>
    sign * (Number(a.primary_score) - Number(b.primary_score)) ||
    String(a.created_at).localeCompare(String(b.created_at)) ||
    (a.submission_id < b.submission_id ? -1 : 1)
  const counted = scores.filter(
    (score) => score.is_official && score.evaluation_split_version === split,
  )
  const best = new Map<string, Score>()
  for (const score of counted.toSorted(order)) {
    if (!best.has(score.user_id)) best.set(score.user_id, score)
  }
  return [...best.values()].toSorted(order).map(({ submission_id }) => submission_id)
}

const fakeScore = fc.record({
  user: fc.nat(4),
  score: fc.constantFrom(0, 0.1, 0.1 + 0.2, 0.3, 1 / 3, 0.7703349282296651, 1e-7, 5e-324, 1),
  second: fc.nat(3),
  split: fc.constantFrom('now', 'now', 'now', 'old'),
  official: fc.constantFrom(true, true, true, false),
}) satisfies fc.Arbitrary<FakeScore>

describe(readLeaderboard, () => {
  test('equals the rule applied by hand, as a whole and by pages, in both directions', async ({
    db,
    site,
  }) => {
    expect(site).toBeDefined()
    const users = await Promise.all(Array.from({ length: 5 }, async () => (await newUser(db)).id))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fakeScore, { maxLength: 14 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        async (fakes, higherIsBetter, limit) => {
          await db.deleteFrom('submission_scores').execute()
          await db.deleteFrom('submissions').execute()
          await db.updateTable('competitions').set({ higher_is_better: higherIsBetter }).execute()
          const scores = await writeScores(db, users, fakes)
          await rebuild(db)
          const competition = await findCompetition(db, TITANIC)
          if (!competition) throw new Error('no competition')
          const expected = boardByRule(scores, competition.evaluation_split_version, higherIsBetter)

          const everybody = { limit: users.length, after: null }
          const { rows: whole } = await readLeaderboard(db, competition, everybody)
          expect(whole.map((entry) => entry.best_submission_id)).toEqual(expected)
          expect(whole.map((entry) => entry.rank)).toEqual(expected.map((_, at) => at + 1))

          const paged: unknown[] = []
          let after: LeaderboardKey | null = null
          do {
            const { rows, next } = await readLeaderboard(db, competition, { limit, after })
            expect(rows.length).toBeLessThanOrEqual(limit)
            paged.push(...rows)
            // As a cursor carries it.
            after = JSON.parse(JSON.stringify(next))
          } while (after !== null)
          expect(paged).toEqual(whole)
          const all = await withBoard(db, TITANIC, async (tx, board) => {
            const entries: unknown[] = []
            for await (const some of readWholeBoard(tx, board, limit)) entries.push(...some)
            return entries
          })
          expect(all).toEqual(paged)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('stores and shows a double as it is, and no NaN at all', async ({ db, site }) => {
    expect(site).toBeDefined()
    const { id } = await newUser(db)
    const [written] = await writeScores(
      db,
      [id],
      [{ user: 0, score: 0.1 + 0.2, second: 0, split: 'now', official: true }],
    )
    const competition = await findCompetition(db, TITANIC)
    if (!competition) throw new Error('no competition')
    const { rows } = await readLeaderboard(db, competition, { limit: 1, after: null })
    expect(rows[0]?.primary_score).toBe(0.30000000000000004)
    for (const score of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const insert = db
        .updateTable('submission_scores')
        .set({ primary_score: score })
        .where('id', '=', written?.id ?? '')
        .execute()
      await expect(insert).rejects.toThrow()
    }
  })
})

describe('the leaderboard route', () => {
  test('shows everybody their best, without a login', async ({ site_api, db }) => {
    const [ann, ben] = await Promise.all(
      ['Ann', '=HYPERLINK("evil")'].map((display_name) => newUser(db, { display_name })),
    )
    const scores = await writeScores(
      db,
      [ann?.id ?? '', ben?.id ?? ''],
      [
        { user: 0, score: 0.5, second: 0, split: 'now', official: true },
        { user: 0, score: 0.7, second: 1, split: 'now', official: true },
        { user: 1, score: 0.6, second: 2, split: 'now', official: true },
      ],
    )
    const visitor = site_api.visitor()
    const { competition_slug, entries } = (
      await visitor.get(`/competitions/${TITANIC}/leaderboard`)
    ).data<Leaderboard>()
    expect(competition_slug).toBe(TITANIC)
    expect(entries[0]).toEqual({
      rank: 1,
      user_id: ann?.id,
      display_name: 'Ann',
      best_submission_id: scores[1]?.submission_id,
      best_score_id: scores[1]?.id,
      primary_score: 0.7,
      secondary_scores: {},
      standard_error: null,
      interval: null,
      tied_with_first: null,
      metric_version: 'accuracy-v1',
      evaluation_split_version: expect.stringMatching(/^v1-demo-/),
      scored_at: '2026-03-01T12:00:01.000000Z',
      entries: 2,
    })
    expect(entries[1]).toMatchObject({ rank: 2, primary_score: 0.6, entries: 1 })

    const page = await visitor.get(`/competitions/${TITANIC}/leaderboard?limit=1`)
    expect(page.meta()).toMatchObject({ limit: 1, has_more: true })
    const next = await visitor.get(
      `/competitions/${TITANIC}/leaderboard?limit=1&cursor=${page.meta().next_cursor}`,
    )
    expect(next.data<Leaderboard>().entries.map(({ rank }) => rank)).toEqual([2])
    const elsewhere = await visitor.get(
      `/competitions/cifar-100-classification/leaderboard?cursor=${page.meta().next_cursor}`,
    )
    expect(elsewhere.problem().code).toBe('invalid_cursor')

    const csv = await visitor.get(`/competitions/${TITANIC}/leaderboard`, { accept: 'text/csv' })
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8')
    const lines = csv.text.split('\r\n')
    expect(lines[0]).toContain('rank,user_id,display_name,primary_score')
    expect(lines[1]).toContain(',"Ann",0.7,')
    expect(lines[2]).toContain(`,"'=HYPERLINK(""evil"")",0.6,`)
    expect(lines).toHaveLength(4)
    expect(csv.headers['content-length']).toBe(String(Buffer.byteLength(csv.text)))
    const part = await visitor.get(`/competitions/${TITANIC}/leaderboard?limit=1`, {
      accept: 'text/csv',
    })
    expect(part.text).toBe(`${lines.slice(0, 2).join('\r\n')}\r\n`)
  })

  test('gives a file however many ask for files of boards that do not exist, and answers those with a problem, not with a file', async ({
    site_api,
  }) => {
    const visitor = site_api.visitor()
    const fileOf = (slug: string) =>
      visitor.get(`/competitions/${slug}/leaderboard`, { accept: 'text/csv' })
    const invented = Array.from({ length: 40 }, (_, nth) => fileOf(`invented-${nth}`))
    const file = await fileOf(TITANIC)
    expect(file.status).toBe(200)
    expect(file.headers['content-disposition']).toBe(
      `attachment; filename="${TITANIC}-leaderboard.csv"`,
    )
    for (const refused of await Promise.all(invented)) {
      expect(refused.problem().code).toBe('competition_not_found')
      expect(refused.headers).not.toHaveProperty('content-disposition')
    }
  })

  test('refuses a page of a board that has moved to another holdout meanwhile', async ({
    site_api,
    db,
  }) => {
    const people = [await newUser(db), await newUser(db)]
    await writeScores(
      db,
      people.map(({ id }) => id),
      [0, 1].map((user) => ({ user, score: user, second: 0, split: 'now', official: true })),
    )
    const board = `/competitions/${TITANIC}/leaderboard`
    const visitor = site_api.visitor()
    const { next_cursor } = (await visitor.get(`${board}?limit=1`)).meta()
    await db.updateTable('competitions').set({ evaluation_split_version: 'other' }).execute()
    const refused = await visitor.get(`${board}?limit=1&cursor=${next_cursor}`)
    expect([refused.status, refused.problem().code]).toEqual([400, 'invalid_cursor'])
  })

  test('shows each their own place and how it came about, and nobody else theirs', async ({
    site_api,
    db,
  }) => {
    const ann = await signIn(site_api, db, { display_name: 'Ann' })
    const ben = await signIn(site_api, db, { display_name: 'Ben' })
    const newcomer = await signIn(site_api, db)
    const scores: [number, number][] = [
      [0, 0.5],
      [0, 0.4],
      [0, 0.5],
      [0, 0.7],
      [1, 0.9],
    ]
    const written = await writeScores(
      db,
      [ann.userId, ben.userId],
      scores.map(([user, score], second) => ({
        ...{ user, score, second },
        split: 'now',
        official: true,
      })),
    )
    const path = `/competitions/${TITANIC}/leaderboard`
    const at = (second: number) => `2026-03-01T12:00:0${second}.000000Z`
    const mine = await ann.visitor.get(`${path}/me`)
    expect(mine.headers['cache-control']).toBe('no-store')
    expect(mine.data<LeaderboardStanding>()).toMatchObject({
      competition_slug: TITANIC,
      entry: {
        rank: 2,
        entries: 4,
        primary_score: 0.7,
        best_submission_id: written[3]?.submission_id,
      },
      people: 2,
      best_over_time: [
        { at: at(0), primary_score: 0.5 },
        { at: at(3), primary_score: 0.7 },
      ],
    })
    expect((await newcomer.visitor.get(`${path}/me`)).data<LeaderboardStanding>()).toEqual({
      competition_slug: TITANIC,
      entry: null,
      people: 2,
      best_over_time: [],
    })
    const stranger = await site_api.visitor().get(`${path}/me`)
    expect([stranger.status, stranger.problem().code]).toEqual([401, 'authentication_failed'])
    expect((await ann.visitor.get('/competitions/nothing/leaderboard/me')).status).toBe(404)
  })

  test('plots the best of the top, and no score that was never on the board', async ({
    site_api,
    db,
  }) => {
    const people = await Promise.all(
      ['Ann', 'Ben', 'Cem'].map((display_name) => newUser(db, { display_name })),
    )
    const scores: [number, number][] = [
      [0, 0.6],
      [0, 0.2],
      [1, 0.7],
      [2, 0.1],
    ]
    const written = await writeScores(
      db,
      people.map(({ id }) => id),
      scores.map(([user, score], second) => ({
        ...{ user, score, second },
        split: 'now',
        official: true,
      })),
    )
    const path = `/competitions/${TITANIC}/leaderboard/series`
    const answer = await site_api.visitor().get(`${path}?top=2`)
    expect(answer.headers['cache-control']).toBe('no-cache')
    const at = (second: number) => `2026-03-01T12:00:0${second}.000000Z`
    expect(answer.data<LeaderboardSeries>()).toEqual({
      competition_slug: TITANIC,
      people: [
        {
          ...{ rank: 1, user_id: people[1]?.id, display_name: 'Ben' },
          best_over_time: [{ at: at(2), primary_score: 0.7 }],
        },
        {
          ...{ rank: 2, user_id: people[0]?.id, display_name: 'Ann' },
          best_over_time: [{ at: at(0), primary_score: 0.6 }],
        },
      ],
    })
    for (const { submission_id } of written) expect(answer.text).not.toContain(submission_id)
    expect((await site_api.visitor().get(`${path}?top=11`)).status).toBe(422)
  })

  test('shortens a long history to its latest part', async ({ site, db }) => {
    expect(site).toBeDefined()
    const { id } = await newUser(db)
    const count = POINTS_MAX + 5
    await writeScores(
      db,
      [id],
      Array.from({ length: count }, (_, at) => ({
        ...{ user: 0, score: at / count, second: at },
        split: 'now',
        official: true,
      })),
    )
    const competition = await findCompetition(db, TITANIC)
    if (!competition) throw new Error('no competition')
    const points = (await readBestOverTime(db, competition, [id])).get(id) ?? []
    expect(points).toHaveLength(POINTS_MAX)
    expect([points[0]?.primary_score, points.at(-1)?.primary_score]).toEqual([
      5 / count,
      (count - 1) / count,
    ])
  })
})
