import type { Submission, SubmissionAllowance } from '@medforge/contracts'
import { describe, expect } from 'vitest'
import { signIn, submit, TITANIC, test, titanicCsv } from './site.ts'

const GOOD = titanicCsv()

describe('my submissions', () => {
  test('are mine alone, newest first, by pages', async ({ site_api, db }) => {
    const [me, other] = [await signIn(site_api, db), await signIn(site_api, db)]
    const mine: string[] = []
    for (let nth = 0; nth < 5; nth += 1) {
      // Two of the same moment.
      if (nth !== 3) site_api.clock.advance(1000)
      mine.push((await submit(me.visitor, GOOD)).submission.id)
      await submit(other.visitor, GOOD)
    }
    const seen: Submission[] = []
    let cursor = ''
    do {
      const answer = await me.visitor.get(
        `/competitions/${TITANIC}/submissions/me?limit=2${cursor}`,
      )
      expect(answer.headers['cache-control']).toBe('no-store')
      seen.push(...answer.data<Submission[]>())
      cursor = answer.meta().next_cursor ? `&cursor=${answer.meta().next_cursor}` : ''
    } while (cursor !== '')
    expect(seen.map(({ id }) => id).toSorted()).toEqual(mine.toSorted())
    expect(seen[0]?.id).toBe(mine[4])
    expect(seen[4]?.id).toBe(mine[0])
    expect(seen.every(({ user_id }) => user_id === me.userId)).toBe(true)
    const stolen = await me.visitor.get(`/competitions/${TITANIC}/submissions/me?limit=2`)
    const theirs = await other.visitor.get(
      `/competitions/${TITANIC}/submissions/me?cursor=${stolen.meta().next_cursor}`,
    )
    expect(theirs.problem().code).toBe('invalid_cursor')
  })

  test('are nobody else’s business', async ({ site_api }) => {
    const answer = await site_api.visitor().get(`/competitions/${TITANIC}/submissions/me`)
    expect([answer.status, answer.problem().code]).toEqual([401, 'authentication_failed'])
  })
})

describe('what I have left today', () => {
  test('is what the next upload is answered, and starts again at midnight UTC', async ({
    site_api,
    db,
  }) => {
    const { visitor, userId } = await signIn(site_api, db)
    const other = await signIn(site_api, db)
    const allowance = async () => {
      const answer = await visitor.get(`/competitions/${TITANIC}/submissions/allowance`)
      expect(answer.headers['cache-control']).toBe('no-store')
      return answer.data<SubmissionAllowance>()
    }
    const whole = { daily_cap: 20, remaining_today: 20, resets_at: '2026-03-02T00:00:00.000Z' }
    expect(await allowance()).toEqual(whole)
    await submit(other.visitor, GOOD)
    const { submission: _, ...rest } = await submit(visitor, GOOD)
    expect(await allowance()).toEqual(rest)
    expect(rest.remaining_today).toBe(19)
    // As the worker does when it gives a submission up.
    await db
      .updateTable('submissions')
      .set({ counts_against_cap: false })
      .where('user_id', '=', userId)
      .execute()
    expect(await allowance()).toEqual(whole)
    await submit(visitor, GOOD)
    await db.updateTable('competitions').set({ submission_cap_per_day: 1 }).execute()
    expect(await allowance()).toEqual({ ...whole, daily_cap: 1, remaining_today: 0 })
    site_api.clock.set(new Date('2026-03-02T00:00:00Z'))
    expect(await allowance()).toEqual({
      daily_cap: 1,
      remaining_today: 1,
      resets_at: '2026-03-03T00:00:00.000Z',
    })
  })

  test('is shown to nobody who is not signed in, and of no competition that is not there', async ({
    site_api,
    db,
  }) => {
    const path = `/competitions/${TITANIC}/submissions/allowance`
    const answer = await site_api.visitor().get(path)
    expect([answer.status, answer.problem().code]).toEqual([401, 'authentication_failed'])
    const { visitor } = await signIn(site_api, db)
    expect((await visitor.get('/competitions/nothing/submissions/allowance')).status).toBe(404)
  })
})
