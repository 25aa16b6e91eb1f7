import { publishScore } from '@medforge/api/scoring/publish.ts'
import { claimQueued } from '@medforge/api/scoring/queue.ts'
import { SUBMISSIONS } from '@medforge/api/scoring/submission-queue.ts'
import { describe, expect } from 'vitest'
import { signIn, submit, test } from '../competitions/site.ts'
import { GOOD, scoresOf } from './stage.ts'

describe(publishScore, () => {
  test('leaves exactly one official score, whoever publishes and however often', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, GOOD)
    const claimNow = () =>
      claimQueued(db, SUBMISSIONS, { worker: 'w', now: site_api.clock.now(), leaseMs: 1000 })
    const first = await claimNow()
    if (!first || first.job.submissionId !== submission.id) throw new Error('no claim')
    const result = { primary_score: 0.5, score_components: { accuracy: 0.5 } }
    const publications = await Promise.all(
      Array.from({ length: 6 }, () => publishScore(db, first, result, site_api.clock.now())),
    )
    expect(publications.toSorted()).toEqual([...Array(5).fill('lost'), 'published'])
    expect(await scoresOf(db, submission.id)).toHaveLength(1)

    // The same again keeps the old row; another value takes its place.
    for (const [value, rows] of [
      [0.5, 1],
      [0.6, 2],
    ] as const) {
      site_api.clock.advance(1000)
      await db.updateTable('submissions').set({ score_status: 'queued' }).execute()
      const claim = await claimNow()
      if (!claim) throw new Error('no claim')
      const again = { primary_score: value, score_components: { accuracy: value } }
      expect(await publishScore(db, claim, again, site_api.clock.now())).toBe('published')
      const scores = await scoresOf(db, submission.id)
      expect(scores).toHaveLength(rows)
      expect(
        scores.filter(({ is_official }) => is_official).map(({ primary_score }) => primary_score),
      ).toEqual([value])
    }
    expect(site).toBeDefined()
  })
})
