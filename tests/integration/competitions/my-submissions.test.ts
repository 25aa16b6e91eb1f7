import type { Submission } from '@medforge/contracts'
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
