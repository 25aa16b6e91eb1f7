import type { Submission } from '@medforge/contracts'
import { eventually } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { readAudit } from '../admin/admin.ts'
import { fault, scriptedScorer } from '../scoring/stage.ts'
import {
  openWorker,
  signIn,
  statusOf,
  submit,
  TITANIC,
  test,
  titanicCsv,
  titanicWithMatches,
} from './site.ts'

describe('scoring again', () => {
  test('is for administrators of our own pages, and needs a submission', async ({
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, titanicCsv())
    const path = `/admin/submissions/${submission.id}/score`
    const admin = await signIn(site_api, db, { role: 'admin' })
    const codes = async (answer: ReturnType<typeof visitor.post>) => {
      const { status, problem } = await answer
      return [status, problem().code]
    }
    const foreign = admin.visitor.post(path, undefined, { origin: 'https://evil.example' })
    expect(await codes(foreign)).toEqual([403, 'origin_not_allowed'])
    expect(await codes(site_api.visitor().post(path))).toEqual([401, 'authentication_failed'])
    expect(await codes(visitor.post(path))).toEqual([403, 'admin_access_denied'])
    expect(await codes(admin.visitor.post('/admin/submissions/nonsense/score'))).toEqual([
      422,
      'request_validation_failed',
    ])
    const unknown = '/admin/submissions/00000000-0000-4000-8000-000000000000/score'
    expect(await codes(admin.visitor.post(unknown))).toEqual([404, 'submission_not_found'])
  })

  test('changes nothing for a score that is up to date', async ({ site, site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, titanicCsv())
    await (await openWorker(db, site, site_api)).drain()
    const admin = await signIn(site_api, db, { role: 'admin' })
    const before = await statusOf(db, submission.id)
    const answer = await admin.visitor.post(`/admin/submissions/${submission.id}/score`)
    expect(answer.status).toBe(200)
    expect(answer.data<Submission>().official_score).not.toBeNull()
    expect(await statusOf(db, submission.id)).toEqual(before)
    expect(await readAudit(db)).toEqual([])
  })

  test('takes a failed or outdated submission, waits for its score, and is written down', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, await titanicWithMatches(site.hiddenRoot, 50))
    await db
      .updateTable('submissions')
      .set({ score_status: 'failed', score_error: 'x', attempts: 3, counts_against_cap: false })
      .execute()
    const admin = await signIn(site_api, db, { role: 'admin' })
    const stopping = new AbortController()
    const worker = await openWorker(db, site, { ...site_api, times: { pollMs: 10 } })
    const running = worker.run(stopping.signal)
    const path = `/admin/submissions/${submission.id}/score`
    const first = (await admin.visitor.post(path)).data<Submission>()
    expect(first).toMatchObject({
      score_status: 'scored',
      official_score: { primary_score: 50 / 418 },
    })
    // It counts now, so its day does too.
    expect((await statusOf(db, submission.id)).counts_against_cap).toBe(true)

    await db.updateTable('submission_scores').set({ scorer_version: 'older' }).execute()
    const second = (await admin.visitor.post(path)).data<Submission>()
    expect(second.official_score?.primary_score).toBe(50 / 418)
    expect(second.official_score?.id).not.toBe(first.official_score?.id)
    stopping.abort()
    await running
    const events = await readAudit(db)
    expect(
      events.map(({ actor_user_id, action, detail }) => [actor_user_id, action, detail]),
    ).toEqual([
      [admin.userId, 'submission.score_again', '{"from":"failed"}'],
      [admin.userId, 'submission.score_again', '{"from":"scored"}'],
    ])
  })

  test('leaves a score as it is when it comes to nothing, with its slot of the day', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, await titanicWithMatches(site.hiddenRoot, 50))
    await (await openWorker(db, site, site_api)).drain()
    const outdated = { scorer_version: 'older' }
    await db.updateTable('submission_scores').set(outdated).execute()
    await db.updateTable('submissions').set({ score_status: 'queued', attempts: 2 }).execute()
    const { scorer } = scriptedScorer([fault])
    await (await openWorker(db, site, { ...site_api, scorers: [scorer] })).drain()
    expect(await statusOf(db, submission.id)).toMatchObject({
      score_status: 'scored',
      score_error: null,
      score_error_internal: expect.stringContaining('fire'),
      counts_against_cap: true,
    })
    const [mine] = (await visitor.get(`/competitions/${TITANIC}/submissions/me`)).data<
      Submission[]
    >()
    expect(mine?.official_score).toMatchObject({ ...outdated, primary_score: 50 / 418 })
  })

  test('answers holdout_unavailable when the holdout is what is missing', async ({
    site,
    site_api,
    db,
  }) => {
    await db
      .updateTable('competitions')
      .set({ manifest_sha256: 'f'.repeat(64) })
      .execute()
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, titanicCsv())
    const admin = await signIn(site_api, db, { role: 'admin' })
    const asking = admin.visitor.post(`/admin/submissions/${submission.id}/score`)
    await eventually(async () => (await readAudit(db)).length === 1)
    await (await openWorker(db, site, site_api)).drain()
    const answer = await asking
    expect([answer.status, answer.problem().code]).toEqual([503, 'holdout_unavailable'])
  })
})
