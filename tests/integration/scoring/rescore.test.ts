import { publishScore } from '@medforge/api/scoring/publish.ts'
import { claimQueued } from '@medforge/api/scoring/queue.ts'
import { SUBMISSIONS } from '@medforge/api/scoring/submission-queue.ts'
import { isSameBoard } from '@medforge/cli/commands/competition/switch.ts'
import { describeHoldout, loadBundles, storeHoldout } from '@medforge/competitions'
import type { CompetitionDetail, Leaderboard } from '@medforge/contracts'
import {
  countWrongEntries,
  gatherSubmissions,
  openRescore,
  type RescoreRun,
  type RescoreTarget,
  readBoardDifference,
  readProgress,
  switchBoard,
} from '@medforge/core'
import { type DB, isLostRace, toSqlTime } from '@medforge/db'
import { SCORER_VERSION } from '@medforge/scoring'
import { eventually } from '@medforge/test-support'
import { type Kysely, sql } from 'kysely'
import { describe, expect } from 'vitest'
import {
  openWorker,
  SEED,
  type Site,
  signIn,
  statusOf,
  submit,
  TITANIC,
  test,
  titanicCsv,
  titanicWithMatches,
} from '../competitions/site.ts'
import { copySubmission, scored, scriptedScorer } from './stage.ts'

/** Another holdout, in which everybody survived: a prediction's score is its share of ones. */
async function everybodySurvived(site: Site): Promise<RescoreTarget> {
  const bundle = (await loadBundles()).find(({ manifest }) => manifest.slug === TITANIC)
  if (!bundle) throw new Error('no bundle')
  const labels = Buffer.from(titanicCsv(() => 1))
  const manifest = describeHoldout(bundle, labels, SEED)
  const facts = await storeHoldout(site.hiddenRoot, manifest, labels, null)
  return {
    bundle_version: null,
    metric_version: manifest.metric_version,
    evaluation_split_version: manifest.split_version,
    manifest_sha256: facts.manifestSha256,
  }
}

const withOnes = (count: number) => titanicCsv((passenger) => (passenger < 892 + count ? 1 : 0))

async function competitionOf(db: Kysely<DB>) {
  return db
    .selectFrom('competitions')
    .selectAll()
    .where('slug', '=', TITANIC)
    .executeTakeFirstOrThrow()
}

async function open(db: Kysely<DB>, site: Site, now: Date) {
  const competition = await competitionOf(db)
  const run = await openRescore(db, competition.id, await everybodySurvived(site), now)
  await gatherSubmissions(db, run)
  const { evaluation_split_version, manifest_sha256 } = competition
  const change = ({ leavesOutFailed = false } = {}) =>
    switchBoard(db, run, {
      leavesOutFailed,
      competition: { holdout_kind: 'operator' },
      notice: 'The real labels are in.',
      at: now,
      audit: { actorUserId: null, action: 'competition.switch', subject: competition.id },
      from: { evaluation_split_version, manifest_sha256 },
    })
  return { run, change }
}

async function isComplete(db: Kysely<DB>, run: RescoreRun): Promise<boolean> {
  const { queued, scoring } = await readProgress(db, run)
  return queued + scoring === 0
}

describe('a re-score', () => {
  test('changes nothing that anybody sees until it is switched, and then everything at once', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor: first, userId: firstId } = await signIn(site_api, db)
    const { visitor: second, userId: secondId } = await signIn(site_api, db)
    await submit(first, await titanicWithMatches(site.hiddenRoot, 300))
    site_api.clock.advance(1000)
    const low = await titanicWithMatches(site.hiddenRoot, 10)
    const { submission } = await submit(second, low)
    const worker = await openWorker(db, site, site_api)
    await worker.drain()
    const board = async () =>
      (await first.get(`/competitions/${TITANIC}/leaderboard`)).data<Leaderboard>()
    const before = await board()
    expect(before.entries.map(({ user_id }) => user_id)).toEqual([firstId, secondId])

    site_api.clock.advance(60_000)
    const { run, change } = await open(db, site, site_api.clock.now())
    await worker.drain()
    expect(await isComplete(db, run)).toBe(true)
    expect(await board()).toEqual(before)
    const difference = await readBoardDifference(db, run)
    const ones = (text: string) => text.match(/,1\n/g)?.length ?? 0
    expect(difference).toMatchObject({ entries_before: 2, entries_after: 2, left_out: 0 })
    expect(difference.moves.find(({ user_id }) => user_id === secondId)).toMatchObject({
      score_before: 10 / 418,
      score_after: ones(low) / 418,
    })

    expect(await change()).toBe('switched')
    const after = await board()
    expect(after.entries.map((entry) => [entry.user_id, entry.rank, entry.primary_score])).toEqual(
      difference.moves.map((move) => [move.user_id, move.rank_after, move.score_after]),
    )
    const splits = new Set(after.entries.map((entry) => entry.evaluation_split_version))
    expect([...splits]).toEqual([run.evaluation_split_version])
    // Nobody loses a tie: the time of the score stays.
    const times = (from: Leaderboard) =>
      Object.fromEntries(from.entries.map(({ user_id, scored_at }) => [user_id, scored_at]))
    expect(times(after)).toEqual(times(before))
    expect((await first.get(`/competitions/${TITANIC}`)).data<CompetitionDetail>()).toMatchObject({
      holdout: { kind: 'operator', version: run.evaluation_split_version },
      notice: { text: 'The real labels are in.' },
    })
    expect(await change()).toBe('conflict')
    const audit = await db.selectFrom('audit_events').select('action').execute()
    expect(audit.filter(({ action }) => action === 'competition.switch')).toHaveLength(1)
    expect((await statusOf(db, submission.id)).score_status).toBe('scored')
  })

  test('is not switched while a score of the old board has none on the new one', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    await submit(visitor, withOnes(5))
    const worker = await openWorker(db, site, site_api)
    await worker.drain()
    site_api.clock.advance(2000)
    const { run, change } = await open(db, site, site_api.clock.now())
    await worker.drain()
    // Arrives, and gets its score on the old board, while the operator looks at the difference.
    const late = await submit(visitor, withOnes(6))
    await worker.drain()
    expect(await change()).toBe('incomplete')
    await gatherSubmissions(db, run)
    site_api.clock.advance(2000)
    await worker.drain()
    expect(await change()).toBe('switched')
    const scores = await db
      .selectFrom('submission_scores')
      .select(['primary_score', 'submission_id'])
      .where('is_official', '=', true)
      .orderBy('primary_score')
      .execute()
    expect(scores.map(({ primary_score }) => primary_score)).toEqual([5 / 418, 6 / 418])
    expect(scores[1]?.submission_id).toBe(late.submission.id)
  })

  test('lets a submission that was being scored meanwhile be scored on the new holdout', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, withOnes(7))
    const slow = scriptedScorer()
    const first = await openWorker(db, site, { ...site_api, scorers: [slow.scorer] })
    await first.claimAvailable()
    const { change } = await open(db, site, site_api.clock.now())
    expect(await change()).toBe('switched')
    slow.finish(scored(1))
    await first.idle()
    site_api.clock.advance(2000)
    await (await openWorker(db, site, { ...site_api, name: 'second' })).drain()
    const [mine, ...others] = await db.selectFrom('submission_scores').selectAll().execute()
    expect(mine).toMatchObject({ submission_id: submission.id, primary_score: 7 / 418 })
    expect(others).toEqual([])
  })

  test('goes on where it was left, and begins anew towards another target', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    await submit(visitor, withOnes(1))
    const { run } = await open(db, site, site_api.clock.now())
    const again = await open(db, site, site_api.clock.now())
    expect(again.run.id).toBe(run.id)
    const other = { ...(await everybodySurvived(site)), manifest_sha256: 'a'.repeat(64) }
    const next = await openRescore(db, run.competition_id, other, site_api.clock.now())
    expect(next.id).not.toBe(run.id)
    expect(await again.change()).toBe('conflict')
    expect(await readProgress(db, run)).toMatchObject({ queued: 0, scored: 0 })
  })

  test('never mixes boards, however publications and the switch interleave', async ({
    site,
    site_api,
    db,
  }) => {
    await db.updateTable('competitions').set({ submission_cap_per_day: 100 }).execute()
    const { visitor } = await signIn(site_api, db)
    for (let ones = 0; ones < 8; ones += 1) await submit(visitor, withOnes(ones))
    const worker = await openWorker(db, site, site_api)
    const { run, change } = await open(db, site, site_api.clock.now())
    site_api.clock.advance(2000)
    const claims = []
    for (let nth = 0; nth < 4; nth += 1) {
      const claim = await claimQueued(db, SUBMISSIONS, {
        worker: `w${nth}`,
        now: site_api.clock.now(),
        leaseMs: 1000,
      })
      if (claim) claims.push(claim)
    }
    const result = { primary_score: 0.9, score_components: { accuracy: 0.9 } }
    await Promise.all([
      ...claims.map((claim) => publishScore(db, claim, result, site_api.clock.now())),
      change(),
    ])
    for (let turn = 0; turn < 4; turn += 1) {
      const stamps = await db
        .selectFrom('submission_scores as score')
        .innerJoin('competitions', 'competitions.id', 'score.competition_id')
        .select([
          'score.evaluation_split_version as score_split',
          'competitions.evaluation_split_version as split',
        ])
        .where('score.is_official', '=', true)
        .execute()
      for (const { score_split, split } of stamps) expect(score_split).toBe(split)
      expect(await countWrongEntries(db, run.competition_id)).toBe(0)
      site_api.clock.advance(5000)
      await gatherSubmissions(db, run)
      await worker.drain()
      await change()
    }
    expect((await competitionOf(db)).evaluation_split_version).toBe(run.evaluation_split_version)
    site_api.clock.advance(5000)
    await worker.drain()
    const official = await db
      .selectFrom('submission_scores')
      .select('primary_score')
      .where('is_official', '=', true)
      .orderBy('primary_score')
      .execute()
    expect(official.map(({ primary_score }) => primary_score)).toEqual(
      Array.from({ length: 8 }, (_, ones) => ones / 418),
    )
  })

  test('is switched while the worker rewrites the queue all the time', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, withOnes(9))
    await copySubmission(db, submission.id, 399)
    const { run, change } = await open(db, site, site_api.clock.now())
    const score = { state: 'scored', primary_score: 9 / 418, score_components: '{}' } as const
    await db
      .updateTable('shadow_scores')
      .set({
        ...score,
        score_id: sql`UUID()`,
        scorer_version: SCORER_VERSION,
        scored_at: toSqlTime(site_api.clock.now()),
      })
      .where('run_id', '=', run.id)
      .execute()
    const ids = (await db.selectFrom('submissions').select('id').execute()).map(({ id }) => id)
    let rewritten = 0
    const switching = new AbortController()
    const churn = async (offset: number) => {
      for (let at = offset; !switching.signal.aborted; at += 2) {
        await db
          .updateTable('submissions')
          .set({ attempts: sql`attempts + 1` })
          .where('id', '=', ids[at % ids.length] ?? '')
          .execute()
          .then(() => {
            rewritten += 1
          })
          // As the worker: whoever loses a race does it again.
          .catch((error) => expect(isLostRace(error)).toBe(true))
      }
    }
    const churning = Promise.all([churn(0), churn(1)])
    try {
      await eventually(() => rewritten > 50)
      expect(await change()).toBe('switched')
    } finally {
      switching.abort()
      await churning
    }
    expect(await countWrongEntries(db, run.competition_id)).toBe(0)
    const official = await db
      .selectFrom('submission_scores')
      .select('id')
      .where('is_official', '=', true)
      .execute()
    expect(official).toHaveLength(400)
  })

  test('takes files that do not fit any more off the board, and tells their owners', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, withOnes(3))
    const worker = await openWorker(db, site, site_api)
    await worker.drain()
    site_api.clock.advance(2000)
    const { run, change } = await open(db, site, site_api.clock.now())
    await db
      .updateTable('shadow_scores')
      .set({ state: 'invalid', reason: 'other ids' })
      .where('run_id', '=', run.id)
      .execute()
    expect(await readBoardDifference(db, run)).toMatchObject({ left_out: 1, entries_after: 0 })
    expect(await change()).toBe('switched')
    expect(await statusOf(db, submission.id)).toMatchObject({
      score_status: 'failed',
      score_error: expect.stringContaining('changed'),
      counts_against_cap: false,
    })
    const official = await db
      .selectFrom('submission_scores')
      .select('id')
      .where('is_official', '=', true)
      .execute()
    expect(official).toEqual([])
  })

  test('waits for what could not be scored, unless the operator goes on without it and its owner is told', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, withOnes(3))
    const worker = await openWorker(db, site, site_api)
    await worker.drain()
    const { run, change } = await open(db, site, site_api.clock.now())
    await db
      .updateTable('shadow_scores')
      .set({ state: 'failed', reason: 'its disk is gone' })
      .where('run_id', '=', run.id)
      .execute()
    expect(await isSameBoard(db, run)).toBe(false)
    expect(await change()).toBe('incomplete')
    expect(await change({ leavesOutFailed: true })).toBe('switched')
    expect(await statusOf(db, submission.id)).toMatchObject({
      score_status: 'failed',
      score_error: expect.stringContaining('upload it again'),
      score_error_internal: 'its disk is gone',
      counts_against_cap: false,
    })
    expect(await countWrongEntries(db, run.competition_id)).toBe(0)
  })
})
