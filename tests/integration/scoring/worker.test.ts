import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Submission } from '@medforge/contracts'
import { readProgress } from '@medforge/core'
import { createDatabase, toSqlTime } from '@medforge/db'
import { SCORER_VERSION } from '@medforge/scoring'
import { eventually } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import {
  openWorker,
  signIn,
  statusOf,
  submit,
  TITANIC,
  test,
  titanicCsv,
  titanicWithMatches,
} from '../competitions/site.ts'
import { fault, GOOD, openRun, scored, scoresOf, scriptedScorer } from './stage.ts'

describe('a worker', () => {
  test('scores what was uploaded and makes the score official', async ({ site, site_api, db }) => {
    const { visitor, userId } = await signIn(site_api, db)
    const { submission } = await submit(visitor, await titanicWithMatches(site.hiddenRoot, 321))
    site_api.clock.advance(1500)
    const worker = await openWorker(db, site, site_api)
    await worker.drain()
    const [mine] = (await visitor.get(`/competitions/${TITANIC}/submissions/me`)).data<
      Submission[]
    >()
    const competition = await db
      .selectFrom('competitions')
      .selectAll()
      .where('slug', '=', TITANIC)
      .executeTakeFirstOrThrow()
    expect(mine).toEqual({
      ...submission,
      score_status: 'scored',
      scored_at: '2026-03-01T12:00:01.500000Z',
      official_score: {
        id: expect.any(String),
        primary_score: 321 / 418,
        score_components: {
          accuracy: 321 / 418,
          balanced_accuracy: expect.any(Number),
          macro_f1: expect.any(Number),
        },
        scorer_version: SCORER_VERSION,
        metric_version: 'accuracy-v1',
        evaluation_split_version: competition.evaluation_split_version,
        manifest_sha256: competition.manifest_sha256,
        created_at: '2026-03-01T12:00:01.500000Z',
      },
    })
    expect(worker.logs.find(({ msg }) => msg === 'submission.scored')).toMatchObject({
      submission_id: submission.id,
      user_id: userId,
      request_id: (await statusOf(db, submission.id)).request_id,
      publication: 'published',
    })
  })

  test('scores boxes and images too', async ({ site, site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    const sample = async (slug: string) =>
      (await visitor.get(`/competitions/${slug}/sample-submission`)).text
    const rsna = await submit(visitor, await sample('rsna-pneumonia-detection'), {
      slug: 'rsna-pneumonia-detection',
    })
    const cifar = await submit(visitor, await sample('cifar-100-classification'), {
      slug: 'cifar-100-classification',
    })
    await (await openWorker(db, site, site_api)).drain()
    expect((await scoresOf(db, rsna.submission.id))[0]?.primary_score).toBe(0)
    expect((await scoresOf(db, cifar.submission.id))[0]?.primary_score).toBe(0.01)
  })

  test('shares a queue with others: each submission is scored once, oldest first', async ({
    site,
    site_api,
    db,
  }) => {
    await db.updateTable('competitions').set({ submission_cap_per_day: 100 }).execute()
    const { visitor } = await signIn(site_api, db)
    const ids: string[] = []
    for (let nth = 0; nth < 12; nth += 1) {
      site_api.clock.advance(10)
      ids.push((await submit(visitor, GOOD)).submission.id)
    }
    const workers = await Promise.all(
      ['a', 'b', 'c'].map((name) => openWorker(db, site, { ...site_api, name })),
    )
    await Promise.all(workers.map((worker) => worker.drain()))
    const claimed = workers.map(({ logs }) =>
      logs
        .filter(({ msg }) => msg === 'submission.claimed')
        .map(({ submission_id }) => submission_id),
    )
    expect(claimed.flat().toSorted()).toEqual(ids.toSorted())
    for (const each of claimed) expect(each).toEqual(ids.filter((id) => each.includes(id)))
    const official = await db.selectFrom('submission_scores').select('id').execute()
    expect(official).toHaveLength(12)
  })

  test('is taken over when it dies, and its late result changes nothing', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, await titanicWithMatches(site.hiddenRoot, 100))
    const dead = scriptedScorer()
    const first = await openWorker(db, site, { ...site_api, name: 'dead', scorers: [dead.scorer] })
    await first.claimAvailable()
    expect(await statusOf(db, submission.id)).toMatchObject({
      score_status: 'scoring',
      attempts: 1,
    })

    const second = await openWorker(db, site, { ...site_api, name: 'alive' })
    site_api.clock.advance(29_000)
    await second.drain()
    expect((await statusOf(db, submission.id)).score_status).toBe('scoring')
    site_api.clock.advance(2000)
    await second.drain()
    expect(await statusOf(db, submission.id)).toMatchObject({ score_status: 'scored', attempts: 2 })

    dead.finish(scored(1))
    await first.idle()
    expect(first.logs.at(-1)).toMatchObject({ publication: 'lost' })
    const scores = await scoresOf(db, submission.id)
    expect(scores.map(({ primary_score }) => primary_score)).toEqual([100 / 418])
  })

  test('takes over, tries again and goes on with a re-score although the clock was set back an hour', async ({
    site,
    site_api,
    db,
  }) => {
    const { clock } = site_api
    const { visitor } = await signIn(site_api, db)
    const { submission: left } = await submit(visitor, GOOD)
    const dead = scriptedScorer()
    const first = await openWorker(db, site, { clock, name: 'dead', scorers: [dead.scorer] })
    await first.claimAvailable()
    const { submission: putOff } = await submit(visitor, GOOD)
    let monotonicMs = 0
    const { scorer } = scriptedScorer([fault, scored(0.5), scored(0.5), scored(0.5), scored(0.5)])
    const worker = await openWorker(db, site, {
      clock,
      monotonicMs: () => monotonicMs,
      scorers: [scorer],
    })
    await worker.drain()
    const { run } = await openRun(db, { slug: TITANIC, at: clock.now() })
    // What a worker left that died before the clock was set back.
    await db
      .updateTable('shadow_scores')
      .set({
        state: 'scoring',
        lease_owner: 'dead',
        lease_expires_at: toSqlTime(new Date(clock.now().getTime() + 60_000)),
      })
      .execute()

    clock.advance(-3_600_000)
    monotonicMs += 2000
    await worker.drain()
    for (const each of [left, putOff]) {
      expect((await statusOf(db, each.id)).score_status).toBe('scored')
    }
    expect(await readProgress(db, run)).toMatchObject({ scored: 2, queued: 0, scoring: 0 })
    await dead.scorer.close()
    await first.idle()
  })

  test('keeps its lease while it works', async ({ site, site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, GOOD)
    const slow = scriptedScorer()
    const worker = await openWorker(db, site, {
      ...site_api,
      scorers: [slow.scorer],
      times: { heartbeatMs: 10 },
    })
    await worker.claimAvailable()
    site_api.clock.advance(29_000)
    const extended = toSqlTime(new Date(site_api.clock.now().getTime() + 30_000))
    await eventually(async () => (await statusOf(db, submission.id)).lease_expires_at === extended)
    site_api.clock.advance(2000)
    const other = await openWorker(db, site, { ...site_api, name: 'other' })
    await other.drain()
    slow.finish(scored(0.5))
    await worker.idle()
    expect((await scoresOf(db, submission.id)).map(({ primary_score }) => primary_score)).toEqual([
      0.5,
    ])
  })

  test('keeps its lease on a submission of a re-score while it works', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    await submit(visitor, GOOD)
    await db.updateTable('submissions').set({ score_status: 'scored' }).execute()
    const { run } = await openRun(db, { slug: TITANIC, at: site_api.clock.now() })
    const slow = scriptedScorer()
    const worker = await openWorker(db, site, {
      ...site_api,
      scorers: [slow.scorer],
      times: { heartbeatMs: 10 },
    })
    await worker.claimAvailable()
    site_api.clock.advance(29_000)
    const extended = toSqlTime(new Date(site_api.clock.now().getTime() + 30_000))
    const readLease = () =>
      db.selectFrom('shadow_scores').select('lease_expires_at').executeTakeFirstOrThrow()
    await eventually(async () => (await readLease()).lease_expires_at === extended)
    site_api.clock.advance(2000)
    await (await openWorker(db, site, { ...site_api, name: 'other' })).drain()
    expect(await readProgress(db, run)).toMatchObject({ scoring: 1, scored: 0 })
    slow.finish(scored(0.5))
    await worker.idle()
    expect(await readProgress(db, run)).toMatchObject({ scoring: 0, scored: 1 })
  })

  test('keeps a result that the database takes only later, and that is no further attempt', async ({
    site,
    site_api,
    db,
    database,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, GOOD)
    const { scorer, jobs } = scriptedScorer([scored(0.5)])
    // Soon out of patience, so that the test need not wait for the true limits.
    await using impatient = createDatabase(database.url, { poolSize: 2, queryLimitMs: 400 })
    const worker = await openWorker(impatient, site, {
      ...site_api,
      scorers: [scorer],
      times: { recordRetryMs: 10 },
    })
    const delays = () => worker.logs.filter(({ msg }) => msg === 'submission.record_delayed')
    // As a switch does for as long as it writes.
    await db.transaction().execute(async (tx) => {
      await tx.selectFrom('competitions').select('id').forUpdate().execute()
      await worker.claimAvailable()
      await eventually(async () => delays().length >= 3)
    })
    await worker.idle()
    expect(jobs).toHaveLength(1)
    expect(await statusOf(db, submission.id)).toMatchObject({ score_status: 'scored', attempts: 1 })
    expect(await scoresOf(db, submission.id)).toHaveLength(1)
  })

  test('tries three times, then gives up with a reason for the person and gives the slot back', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, GOOD)
    const { scorer, jobs } = scriptedScorer([fault, fault, fault])
    const worker = await openWorker(db, site, { ...site_api, scorers: [scorer] })
    await worker.drain()
    await worker.drain()
    expect(jobs).toHaveLength(1)
    site_api.clock.advance(1000)
    await worker.drain()
    site_api.clock.advance(2000)
    await worker.drain()
    site_api.clock.advance(60_000)
    await worker.drain()
    expect(jobs).toHaveLength(3)
    const [mine] = (await visitor.get(`/competitions/${TITANIC}/submissions/me`)).data<
      Submission[]
    >()
    expect(mine).toMatchObject({
      id: submission.id,
      score_status: 'failed',
      score_error: expect.stringContaining('does not count'),
      official_score: null,
    })
    expect(mine?.score_error).not.toContain('fire')
    expect((await statusOf(db, submission.id)).score_error_internal).toContain('fire')
    expect((await submit(visitor, GOOD)).remaining_today).toBe(19)
  })

  test('gives a submission up that killed three workers', async ({ site, site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, GOOD)
    for (const name of ['one', 'two', 'three']) {
      const { scorer } = scriptedScorer()
      const worker = await openWorker(db, site, { ...site_api, name, scorers: [scorer] })
      await worker.claimAvailable()
      expect((await statusOf(db, submission.id)).lease_owner).toContain(name)
      site_api.clock.advance(31_000)
    }
    const { scorer, jobs } = scriptedScorer()
    await (await openWorker(db, site, { ...site_api, scorers: [scorer] })).drain()
    expect(jobs).toEqual([])
    expect(await statusOf(db, submission.id)).toMatchObject({
      score_status: 'failed',
      counts_against_cap: false,
    })
  })

  test('gives what it holds back when it is asked to end, and that is no attempt', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, GOOD)
    const { scorer } = scriptedScorer()
    const worker = await openWorker(db, site, {
      ...site_api,
      scorers: [scorer],
      times: { graceMs: 10, pollMs: 10 },
    })
    const stopping = new AbortController()
    const running = worker.run(stopping.signal)
    await eventually(async () => (await statusOf(db, submission.id)).score_status === 'scoring')
    stopping.abort()
    await running
    expect(await statusOf(db, submission.id)).toMatchObject({
      score_status: 'queued',
      attempts: 0,
      not_before: null,
      lease_owner: null,
      lease_expires_at: null,
    })
  })

  test('reads a file by the grammar that accepted it', async ({ site, site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, await titanicWithMatches(site.hiddenRoot, 321))
    // As numpy writes classes, which the first grammar took.
    const file = (await titanicWithMatches(site.hiddenRoot, 300)).replaceAll(
      /,([01])$/gm,
      ',$1e+00',
    )
    await writeFile(join(site.submissionsDir, `${submission.id}.csv`), file)
    const sha256 = createHash('sha256').update(file).digest()
    await db
      .updateTable('submissions')
      .set({ sha256, size_bytes: file.length })
      .where('id', '=', submission.id)
      .execute()
    await (await openWorker(db, site, site_api)).drain()
    expect(await scoresOf(db, submission.id)).toMatchObject([{ primary_score: 300 / 418 }])
  })

  test('does not score a file that is not the one that was accepted', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, GOOD)
    await writeFile(
      join(site.submissionsDir, `${submission.id}.csv`),
      titanicCsv(() => 1),
    )
    const worker = await openWorker(db, site, site_api)
    await worker.drain()
    expect(await statusOf(db, submission.id)).toMatchObject({
      score_status: 'queued',
      score_error_internal: expect.stringContaining('not the one that was accepted'),
    })
    expect(await scoresOf(db, submission.id)).toEqual([])
  })
})
