import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scorer, ScoringJob } from '@medforge/api/scoring/job.ts'
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
import { copySubmission, GOOD, openRun, scored, scoresOf, scriptedScorer } from './stage.ts'

describe('a holdout', () => {
  test('that is missing or changed leaves submissions waiting, without an attempt, until it is repaired', async ({
    site,
    site_api,
    db,
  }) => {
    const hiddenRoot = await mkdtemp(join(tmpdir(), 'medforge-hidden-'))
    await cp(site.hiddenRoot, hiddenRoot, { recursive: true })
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, await titanicWithMatches(site.hiddenRoot, 7))
    const worker = await openWorker(db, { ...site, hiddenRoot }, site_api)
    const { evaluation_split_version: version } = await db
      .selectFrom('competitions')
      .select('evaluation_split_version')
      .where('slug', '=', TITANIC)
      .executeTakeFirstOrThrow()
    const folder = join(hiddenRoot, TITANIC, version)

    await rename(folder, `${folder}.away`)
    await worker.drain()
    await rename(`${folder}.away`, folder)
    const labels = join(folder, 'holdout_labels.csv')
    await writeFile(
      labels,
      titanicCsv(() => 1),
    )
    site_api.clock.advance(10_000)
    await worker.drain()
    expect(await statusOf(db, submission.id)).toMatchObject({
      score_status: 'queued',
      attempts: 0,
      score_error: null,
      blocked_reason: 'holdout_unavailable',
      score_error_internal: expect.stringContaining('not the file that its manifest'),
    })
    expect(await scoresOf(db, submission.id)).toEqual([])

    await cp(join(site.hiddenRoot, TITANIC, version, 'holdout_labels.csv'), labels)
    site_api.clock.advance(10_000)
    await worker.drain()
    expect((await scoresOf(db, submission.id))[0]?.primary_score).toBe(7 / 418)
    await rm(hiddenRoot, { recursive: true })
  })

  test('is read once: the next submission needs its manifest, and not its labels again', async ({
    site,
    site_api,
    db,
  }) => {
    const hiddenRoot = await mkdtemp(join(tmpdir(), 'medforge-hidden-'))
    await cp(site.hiddenRoot, hiddenRoot, { recursive: true })
    const { visitor } = await signIn(site_api, db)
    const worker = await openWorker(db, { ...site, hiddenRoot }, site_api)
    await submit(visitor, await titanicWithMatches(site.hiddenRoot, 5))
    await worker.drain()
    const { evaluation_split_version: version } = await db
      .selectFrom('competitions')
      .select('evaluation_split_version')
      .where('slug', '=', TITANIC)
      .executeTakeFirstOrThrow()
    await rm(join(hiddenRoot, TITANIC, version, 'holdout_labels.csv'))
    const { submission } = await submit(visitor, await titanicWithMatches(site.hiddenRoot, 6))
    await worker.drain()
    expect((await scoresOf(db, submission.id))[0]?.primary_score).toBe(6 / 418)
    await rm(hiddenRoot, { recursive: true })
  })

  test('whose manifest is not the one of the row gives no score', async ({
    site,
    site_api,
    db,
  }) => {
    await db
      .updateTable('competitions')
      .set({ manifest_sha256: 'f'.repeat(64) })
      .execute()
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, GOOD)
    await (await openWorker(db, site, site_api)).drain()
    expect(await statusOf(db, submission.id)).toMatchObject({
      score_status: 'queued',
      blocked_reason: 'holdout_unavailable',
      score_error_internal: expect.stringContaining('not the one that the competition'),
    })
  })

  test('that was switched while a submission was being scored makes it be scored again', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, GOOD)
    const { scorer, finish, jobs } = scriptedScorer()
    const worker = await openWorker(db, site, { ...site_api, scorers: [scorer] })
    await worker.claimAvailable()
    const before = jobs[0]?.manifestSha256 ?? ''
    await db
      .updateTable('competitions')
      .set({ manifest_sha256: 'e'.repeat(64) })
      .execute()
    finish(scored(1))
    await worker.idle()
    expect(await statusOf(db, submission.id)).toMatchObject({ score_status: 'queued', attempts: 0 })
    expect(await scoresOf(db, submission.id)).toEqual([])
    await db.updateTable('competitions').set({ manifest_sha256: before }).execute()
    await (await openWorker(db, site, site_api)).drain()
    expect((await statusOf(db, submission.id)).score_status).toBe('scored')
  })

  test('that cannot be used holds up neither the files of other competitions nor a re-score, however many wait for it', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission: broken } = await submit(visitor, GOOD)
    const waiting = [broken.id, ...(await copySubmission(db, broken.id, 2500))]
    const cifar = 'cifar-100-classification'
    const file = (await visitor.get(`/competitions/${cifar}/sample-submission`)).text
    site_api.clock.advance(1000)
    const { submission: healthy } = await submit(visitor, file, { slug: cifar })
    const { target } = await openRun(db, {
      slug: TITANIC,
      at: site_api.clock.now(),
      manifest_sha256: 'a'.repeat(64),
    })

    const jobs: ScoringJob[] = []
    const scorer: Scorer = {
      async score(job) {
        jobs.push(job)
        const isBroken = job.competitionSlug === TITANIC && job.manifestSha256 !== 'a'.repeat(64)
        return isBroken ? { kind: 'holdout_unavailable', reason: 'its disk is gone' } : scored(0.5)
      },
      close: async () => {},
    }
    const worker = await openWorker(db, site, { ...site_api, scorers: [scorer] })
    const scoreNext = async () => {
      await worker.claimAvailable()
      await worker.idle()
    }
    await scoreNext()
    await scoreNext()
    await scoreNext()
    expect(jobs.slice(0, 2).map(({ submissionId }) => submissionId)).toEqual([
      expect.toSatisfy((each) => waiting.includes(each)),
      healthy.id,
    ])
    expect(jobs[2]?.manifestSha256).toBe(target.manifest_sha256)
    const blocked = await db
      .selectFrom('submissions')
      .select('id')
      .where('score_status', '=', 'queued')
      .where('blocked_reason', '=', 'holdout_unavailable')
      .where('score_error_internal', '=', 'its disk is gone')
      .execute()
    expect(blocked).toHaveLength(1)

    // Tried again after a while, once for all.
    site_api.clock.advance(10_000)
    await scoreNext()
    await scoreNext()
    expect(jobs.slice(3).map(({ manifestSha256 }) => manifestSha256)).toEqual([
      expect.not.stringMatching(/^a+$/),
      target.manifest_sha256,
    ])
  })

  test('that cannot be used takes two scorers one try each, and leaves both free', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission: broken } = await submit(visitor, GOOD)
    await copySubmission(db, broken.id, 20)
    const cifar = 'cifar-100-classification'
    const file = (await visitor.get(`/competitions/${cifar}/sample-submission`)).text
    site_api.clock.advance(1000)
    const { submission: healthy } = await submit(visitor, file, { slug: cifar })
    await copySubmission(db, healthy.id, 3)
    const jobs: ScoringJob[] = []
    const newScorer = (): Scorer => ({
      async score(job) {
        jobs.push(job)
        return job.competitionSlug === TITANIC
          ? { kind: 'holdout_unavailable', reason: 'its disk is gone' }
          : scored(0.5)
      },
      close: async () => {},
    })
    const scorers = [newScorer(), newScorer()]
    const worker = await openWorker(db, site, { ...site_api, scorers })
    for (let turn = 0; turn < 3; turn += 1) {
      await worker.claimAvailable()
      await worker.idle()
    }
    expect(jobs.map(({ competitionSlug }) => competitionSlug)).toEqual([
      ...[TITANIC, TITANIC],
      ...[cifar, cifar, cifar, cifar],
    ])
  })

  test('of a re-score that cannot be used holds up no other re-score', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, GOOD)
    await copySubmission(db, submission.id, 20)
    const cifar = 'cifar-100-classification'
    const file = (await visitor.get(`/competitions/${cifar}/sample-submission`)).text
    await submit(visitor, file, { slug: cifar })
    await db.updateTable('submissions').set({ score_status: 'scored' }).execute()
    for (const slug of [TITANIC, cifar]) {
      await openRun(db, { slug, at: site_api.clock.now(), manifest_sha256: 'b'.repeat(64) })
      site_api.clock.advance(1000)
    }
    const { scorer, jobs } = scriptedScorer([
      { kind: 'holdout_unavailable', reason: 'its disk is gone' },
      scored(0.5),
    ])
    const worker = await openWorker(db, site, { ...site_api, scorers: [scorer] })
    for (let turn = 0; turn < 3; turn += 1) {
      await worker.claimAvailable()
      await worker.idle()
    }
    expect(jobs.map(({ competitionSlug }) => competitionSlug)).toEqual([TITANIC, cifar])
  })
})
