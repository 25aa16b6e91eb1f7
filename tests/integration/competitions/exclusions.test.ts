import type { AdminSubmission, Leaderboard, Submission } from '@medforge/contracts'
import { describe, expect } from 'vitest'
import { readAudit } from '../admin/admin.ts'
import {
  openWorker,
  signIn,
  submit,
  TITANIC,
  test,
  titanicCsv,
  titanicWithMatches,
} from './site.ts'

const BOARD = `/competitions/${TITANIC}/leaderboard`
const MINE = `/competitions/${TITANIC}/submissions/me`

describe('an excluded submission', () => {
  test('leaves the board at once with a reason that its owner sees, and comes back as it was', async ({
    site,
    site_api,
    db,
  }) => {
    const owner = await signIn(site_api, db)
    const best = await submit(owner.visitor, await titanicWithMatches(site.hiddenRoot, 60))
    await submit(owner.visitor, await titanicWithMatches(site.hiddenRoot, 40))
    const worker = await openWorker(db, site, site_api)
    await worker.drain()
    const admin = await signIn(site_api, db, { role: 'admin' })
    const board = async () => (await site_api.visitor().get(BOARD)).data<Leaderboard>().entries
    const before = await board()
    expect(before).toMatchObject([{ primary_score: 60 / 418, entries: 2 }])

    const path = `/admin/submissions/${best.submission.id}`
    const reason = 'Made with the labels of the challenge.'
    for (let times = 0; times < 2; times += 1) {
      const answer = await admin.visitor.post(`${path}/exclude`, { reason: ` ${reason} ` })
      expect(answer.data<Submission>()).toMatchObject({
        score_status: 'scored',
        exclusion: { reason, at: '2026-03-01T12:00:00.000000Z' },
      })
      expect(await board()).toMatchObject([{ primary_score: 40 / 418, entries: 1 }])
    }
    const mine = (await owner.visitor.get(MINE)).data<Submission[]>()
    expect(mine.map(({ id, exclusion }) => [id === best.submission.id, exclusion?.reason])).toEqual(
      expect.arrayContaining([
        [true, reason],
        [false, undefined],
      ]),
    )

    // Scoring it again does not bring it back.
    await db.updateTable('submission_scores').set({ scorer_version: 'older' }).execute()
    site_api.clock.advance(1000)
    const scoring = admin.visitor.post(`${path}/score`)
    for (let isDone = false; !isDone; ) {
      await worker.drain()
      isDone = await Promise.race([scoring.then(() => true), worker.idle().then(() => false)])
    }
    expect((await scoring).data<Submission>().exclusion?.reason).toBe(reason)
    expect(await board()).toMatchObject([{ primary_score: 40 / 418, entries: 1 }])

    for (let times = 0; times < 2; times += 1) {
      const answer = await admin.visitor.post(`${path}/restore`)
      expect(answer.data<Submission>().exclusion).toBeNull()
    }
    const { best_score_id: _, ...same } = before[0] ?? {}
    expect(await board()).toMatchObject([same])
    const events = await readAudit(db)
    expect(events.map(({ action, subject }) => [action, subject])).toEqual([
      ['submission.exclude', best.submission.id],
      ['submission.score_again', best.submission.id],
      ['submission.restore', best.submission.id],
    ])
  })

  test('is made one by administrators on our own pages only, with a reason', async ({
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, titanicCsv())
    const admin = await signIn(site_api, db, { role: 'admin' })
    const path = `/admin/submissions/${submission.id}/exclude`
    const body = { reason: 'a reason' }
    const codes = async (answer: ReturnType<typeof visitor.post>) => {
      const { status, problem } = await answer
      return [status, problem().code]
    }
    const foreign = admin.visitor.post(path, body, { origin: 'https://evil.example' })
    expect(await codes(foreign)).toEqual([403, 'origin_not_allowed'])
    expect(await codes(site_api.visitor().post(path, body))).toEqual([401, 'authentication_failed'])
    expect(await codes(visitor.post(path, body))).toEqual([403, 'admin_access_denied'])
    expect(await codes(admin.visitor.post(path, { reason: '   ' }))).toEqual([
      422,
      'request_validation_failed',
    ])
    const unknown = '/admin/submissions/00000000-0000-4000-8000-000000000000/exclude'
    expect(await codes(admin.visitor.post(unknown, body))).toEqual([404, 'submission_not_found'])
  })
})

describe('the search for submissions', () => {
  test('finds by competition, person, status and text, by pages, with what went wrong inside', async ({
    site,
    site_api,
    db,
  }) => {
    const ann = await signIn(site_api, db, { display_name: 'Ann 100%', email: 'ann@people.test' })
    const ben = await signIn(site_api, db, { display_name: 'Ben', email: 'ben@people.test' })
    const first = await submit(ann.visitor, titanicCsv())
    site_api.clock.advance(1000)
    const second = await submit(ben.visitor, titanicCsv())
    site_api.clock.advance(1000)
    const third = await submit(
      ann.visitor,
      titanicCsv(() => 1),
    )
    await (await openWorker(db, site, site_api)).drain()
    await db
      .updateTable('submissions')
      .set({ score_status: 'failed', score_error: 'x', score_error_internal: 'the disk is gone' })
      .where('id', '=', second.submission.id)
      .execute()
    const admin = await signIn(site_api, db, { role: 'admin' })
    await admin.visitor.post(`/admin/submissions/${third.submission.id}/exclude`, { reason: 'why' })
    const names = { [first.submission.id]: 1, [second.submission.id]: 2, [third.submission.id]: 3 }
    const find = async (query: string) =>
      (await admin.visitor.get(`/admin/submissions?${query}`))
        .data<AdminSubmission[]>()
        .map(({ id }) => names[id])
    expect(await find('')).toEqual([3, 2, 1])
    expect(await find(`competition=${TITANIC}&user=${ann.userId}`)).toEqual([3, 1])
    expect(await find('competition=cifar-100-classification')).toEqual([])
    const noSlug = await admin.visitor.get('/admin/submissions?competition=%EF%BB%BF')
    expect([noSlug.status, noSlug.problem().code]).toEqual([422, 'request_validation_failed'])
    expect(await find('status=failed')).toEqual([2])
    expect(await find('status=excluded')).toEqual([3])
    expect(await find(`q=${encodeURIComponent('100%')}`)).toEqual([3, 1])
    expect(await find('q=BEN@')).toEqual([2])
    expect(await find('q=_')).toEqual([])
    expect(await find(`q=${first.submission.id}`)).toEqual([1])
    const page = await admin.visitor.get('/admin/submissions?limit=2')
    expect(await find(`limit=2&cursor=${page.meta().next_cursor}`)).toEqual([1])
    const failed = await admin.visitor.get('/admin/submissions?status=failed')
    expect(failed.data<AdminSubmission[]>()[0]).toMatchObject({
      email: 'ben@people.test',
      score_error_internal: 'the disk is gone',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect((await ann.visitor.get('/admin/submissions')).problem().code).toBe('admin_access_denied')
    expect((await ann.visitor.get(MINE)).text).not.toContain('internal')
  })
})
