import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { createLogger } from '@medforge/api/lib/logger.ts'
import { fillBoards } from '@medforge/api/scoring/board-fill.ts'
import { createComputer } from '@medforge/api/scoring/compute.ts'
import type { BoardComputer, BoardJob } from '@medforge/api/scoring/job.ts'
import type { Leaderboard, LeaderboardEntry, LeaderboardStanding } from '@medforge/contracts'
import { countWrongEntries } from '@medforge/core'
import type { DB } from '@medforge/db'
import { asProcess } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { describe, expect } from 'vitest'
import type { TestApp } from '../app.ts'
import {
  openWorker,
  type Site,
  signIn,
  statusOf,
  submit,
  TITANIC,
  test,
  titanicWithMatches,
} from '../competitions/site.ts'
import { GOOD, scored, scoresOf, scriptedScorer } from './stage.ts'

const BOARD = `/competitions/${TITANIC}/leaderboard`
const DAY_MS = 86_400_000

/** What a worker does beside scoring, in this thread. */
function openFill(db: Kysely<DB>, site: Site, api: TestApp) {
  const jobs: BoardJob[] = []
  const computer = createComputer(site)
  const board: BoardComputer = {
    async compute(job) {
      jobs.push(job)
      return computer.computeForBoard(job)
    },
    async close() {},
  }
  const deps = {
    db: asProcess(db, 'worker'),
    clock: api.clock,
    logger: createLogger('worker', 'fatal'),
    computer: board,
    idle: async () => {},
  }
  const ownJobs = () => jobs.filter(({ competitionSlug }) => competitionSlug === TITANIC)
  return { deps, jobs: ownJobs, fill: () => fillBoards(deps) }
}

async function readBoard(api: TestApp): Promise<Leaderboard> {
  return (await api.visitor().get(BOARD)).data<Leaderboard>()
}

/** Somebody with so many of the 418 right. */
async function enter(
  { db, site, api }: { db: Kysely<DB>; site: Site; api: TestApp },
  matches: number,
) {
  const person = await signIn(api, db)
  const { submission } = await submit(
    person.visitor,
    await titanicWithMatches(site.hiddenRoot, matches),
  )
  await (await openWorker(db, site, api)).drain()
  return { ...person, submissionId: submission.id }
}

const rankOf = ({ rank, user_id, primary_score, entries }: LeaderboardEntry) => {
  return { rank, user_id, primary_score, entries }
}

describe('what a board shows beside its scores', () => {
  test('is filled in for scores that were there before, and changes no score and no rank', async ({
    db,
    site,
    site_api: api,
  }) => {
    for (const matches of [300, 320, 250]) await enter({ db, site, api }, matches)
    // As a version of MedForge left it that knew no other metrics.
    await db
      .updateTable('submission_scores')
      .set({ score_components: '{"accuracy":0.5}' })
      .execute()
    const before = await readBoard(api)
    expect(before.entries.map(({ interval }) => interval)).toEqual([null, null, null])
    expect(before.entries.map(({ secondary_scores }) => secondary_scores)).toEqual([{}, {}, {}])
    const { fill, jobs } = openFill(db, site, api)
    await fill()
    const { entries, secondary_metrics } = await readBoard(api)
    expect(entries.map(rankOf)).toEqual(before.entries.map(rankOf))
    expect(secondary_metrics).toEqual(['balanced_accuracy', 'macro_f1'])
    for (const { primary_score: share, standard_error, interval, secondary_scores } of entries) {
      expect(standard_error).toBeCloseTo(Math.sqrt((share * (1 - share)) / 418), 12)
      expect(interval?.low).toBeLessThan(share)
      expect(interval?.high).toBeGreaterThan(share)
      expect(Object.keys(secondary_scores)).toEqual(secondary_metrics)
    }
    const { id } = await db
      .selectFrom('competitions')
      .select('id')
      .where('slug', '=', TITANIC)
      .executeTakeFirstOrThrow()
    expect(await countWrongEntries(db, id)).toBe(0)
    // Three people and two baselines, each once.
    expect(jobs()).toHaveLength(5)
    await fill()
    expect(jobs()).toHaveLength(5)
  })

  test('is never of another score: a new best has none until it is measured', async ({
    db,
    site,
    site_api: api,
  }) => {
    const { visitor } = await enter({ db, site, api }, 300)
    const { fill } = openFill(db, site, api)
    await fill()
    const [first] = (await readBoard(api)).entries
    await submit(visitor, await titanicWithMatches(site.hiddenRoot, 310))
    await (await openWorker(db, site, api)).drain()
    const [second] = (await readBoard(api)).entries
    expect(second).toMatchObject({ standard_error: null, interval: null, entries: 2 })
    await fill()
    const [third] = (await readBoard(api)).entries
    expect(third?.interval?.low).toBeGreaterThan(first?.interval?.low ?? 1)
    const mine = (await visitor.get(`${BOARD}/me`)).data<LeaderboardStanding>()
    expect(mine.entry).toEqual(third)
  })

  test('waits while anything is being scored', async ({ db, site, site_api: api }) => {
    await enter({ db, site, api }, 300)
    const { visitor } = await signIn(api, db)
    const { submission } = await submit(visitor, GOOD)
    const { scorer, finish } = scriptedScorer()
    const worker = await openWorker(db, site, { ...api, scorers: [scorer] })
    await worker.claimAvailable()
    expect((await statusOf(db, submission.id)).score_status).toBe('scoring')
    const { deps } = openFill(db, site, api)
    const statuses: string[] = []
    const computer: BoardComputer = {
      async compute(job) {
        statuses.push((await statusOf(db, submission.id)).score_status)
        return deps.computer.compute(job)
      },
      close: async () => {},
    }
    const waiting = Promise.withResolvers<void>()
    const idle = () => {
      waiting.resolve()
      return worker.idle()
    }
    const filled = fillBoards({ ...deps, computer, idle })
    await waiting.promise
    finish(scored(0.5))
    await filled
    expect(new Set(statuses)).toEqual(new Set(['scored']))
  })

  test('has the organiser’s baselines, without rank and not counted', async ({
    db,
    site,
    site_api: api,
  }) => {
    const { fill } = openFill(db, site, api)
    await fill()
    const empty = await readBoard(api)
    expect(empty.entries).toEqual([])
    expect(empty.reference_entries.map(({ name }) => name)).toEqual(['Random', 'Majority'])
    const [random, majority] = empty.reference_entries
    // 263 of the demo's 418 have the same label.
    expect(majority?.primary_score).toBe(263 / 418)
    expect(majority?.secondary_scores.balanced_accuracy).toBe(0.5)
    expect(random?.primary_score).toBeGreaterThan(0.4)
    expect(random?.primary_score).toBeLessThan(majority?.primary_score ?? 0)
    expect(majority?.interval?.low).toBeGreaterThan(0.57)
    expect(majority?.interval?.high).toBeLessThan(0.68)

    const { visitor } = await enter({ db, site, api }, 300)
    const mine = (await visitor.get(`${BOARD}/me`)).data<LeaderboardStanding>()
    expect([mine.people, mine.entry?.rank]).toEqual([1, 1])
    const paged = (await visitor.get(`${BOARD}?limit=1`)).data<Leaderboard>()
    expect(paged.reference_entries).toEqual(empty.reference_entries)
  })

  test('follows the manifest: a baseline that it has no more leaves the board', async ({
    db,
    site,
    site_api: api,
  }) => {
    const { fill, jobs } = openFill(db, site, api)
    await fill()
    await db
      .updateTable('competitions')
      .set({ reference_entries: JSON.stringify([{ name: 'Chance', source: 'random' }]) })
      .where('slug', '=', TITANIC)
      .execute()
    await fill()
    const { reference_entries } = await readBoard(api)
    expect(reference_entries.map(({ name }) => name)).toEqual(['Chance'])
    expect(jobs()).toHaveLength(3)
  })

  test('waits for a holdout that cannot be used, and is there when it can be', async ({
    db,
    site,
    site_api: api,
  }) => {
    await enter({ db, site, api }, 300)
    const { fill } = openFill(db, site, api)
    const holdout = join(site.hiddenRoot, TITANIC)
    await rename(holdout, `${holdout}.away`)
    try {
      await fill()
      const board = await readBoard(api)
      expect(board.reference_entries).toEqual([])
      expect(board.entries[0]?.interval).toBeNull()
    } finally {
      await rename(`${holdout}.away`, holdout)
    }
    await fill()
    const board = await readBoard(api)
    expect(board.reference_entries).toHaveLength(2)
    expect(board.entries[0]?.interval).not.toBeNull()
  })
})

describe('who is tied with the first', () => {
  const tiesOf = ({ entries }: Leaderboard) => entries.map((entry) => entry.tied_with_first)

  test('is told of the scores of the days before, and of today’s tomorrow', async ({
    db,
    site,
    site_api: api,
  }) => {
    for (const matches of [340, 338, 330, 200]) await enter({ db, site, api }, matches)
    const { fill, jobs } = openFill(db, site, api)
    await fill()
    expect(tiesOf(await readBoard(api))).toEqual([null, null, null, null])
    api.clock.advance(DAY_MS)
    await fill()
    // Two more right may be chance. Ten more where all others are the same are not, although the intervals overlap; 140 are not without resampling.
    expect(tiesOf(await readBoard(api))).toEqual([true, true, false, false])
    expect(jobs().filter(({ ask }) => ask === 'tie')).toHaveLength(2)

    await enter({ db, site, api }, 339)
    await fill()
    expect(tiesOf(await readBoard(api))).toEqual([true, null, true, false, false])
    api.clock.advance(DAY_MS)
    await fill()
    expect(tiesOf(await readBoard(api))).toEqual([true, true, true, false, false])
  })

  test('is not known once another is first, until the next day', async ({
    db,
    site,
    site_api: api,
  }) => {
    await enter({ db, site, api }, 300)
    api.clock.advance(DAY_MS)
    const { fill } = openFill(db, site, api)
    await fill()
    expect(tiesOf(await readBoard(api))).toEqual([true])
    const { submissionId } = await enter({ db, site, api }, 301)
    await fill()
    expect(tiesOf(await readBoard(api))).toEqual([null, null])
    api.clock.advance(DAY_MS)
    await fill()
    expect(tiesOf(await readBoard(api))).toEqual([true, true])
    expect(await scoresOf(db, submissionId)).toHaveLength(1)
  })
})
