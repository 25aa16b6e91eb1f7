import { claimQueued, type QueueTable, releaseClaim } from '@medforge/api/scoring/queue.ts'
import { RESCORES } from '@medforge/api/scoring/rescore-queue.ts'
import { SUBMISSIONS } from '@medforge/api/scoring/submission-queue.ts'
import { createDatabase, type DB, toSqlTime } from '@medforge/db'
import * as submissionRows from '@medforge/db/migrations/20261130-71-submissions-queue-rows.ts'
import * as shadowRows from '@medforge/db/migrations/20261130-73-shadow-scores-queue-rows.ts'
import { type Kysely, sql } from 'kysely'
import { describe, expect } from 'vitest'
import { signIn, statusOf, submit, TITANIC, test } from '../competitions/site.ts'
import { copySubmission, GOOD, openRun } from './stage.ts'

/** Rows and index entries that the connection's statements have read, and rows that they sorted. */
async function countReads(db: Kysely<DB>): Promise<{ read: number; sorted: number }> {
  const { rows } = await sql<{ Variable_name: string; Value: string }>`
    SHOW SESSION STATUS WHERE Variable_name LIKE 'Handler_read%' OR Variable_name = 'Sort_rows'
  `.execute(db)
  const sum = (isWanted: (name: string) => boolean) =>
    rows
      .filter(({ Variable_name }) => isWanted(Variable_name))
      .reduce((total, { Value }) => total + Number(Value), 0)
  return {
    read: sum((name) => name.startsWith('Handler_read')),
    sorted: sum((name) => name === 'Sort_rows'),
  }
}

describe('a claim', () => {
  test.for<[string, QueueTable, number]>([
    ['an upload', SUBMISSIONS, 0],
    // The open runs are sorted by age: one here.
    ['a re-score', RESCORES, 1],
  ])(
    'of %s reads a few rows, however long the queue and its history are',
    async ([_, table, sortedMax], { site_api, db, database }) => {
      const { visitor } = await signIn(site_api, db)
      const { submission } = await submit(visitor, GOOD)
      await copySubmission(db, submission.id, 1000)
      const { run } = await openRun(db, { slug: TITANIC, at: site_api.clock.now() })
      const scored = await db.selectFrom('submissions').select('id').limit(500).execute()
      const ids = scored.map(({ id }) => id)
      await db
        .updateTable('submissions')
        .set({ score_status: 'scored' })
        .where('id', 'in', ids)
        .execute()
      await db
        .updateTable('shadow_scores')
        .set({ state: 'scored' })
        .where('run_id', '=', run.id)
        .where('submission_id', 'in', ids)
        .execute()
      await using connection = createDatabase(database.url, { poolSize: 1 })
      const options = { worker: 'w', now: site_api.clock.now(), leaseMs: 1000 }
      await claimQueued(connection, table, options)
      const before = await countReads(connection)
      const claim = await claimQueued(connection, table, options)
      const after = await countReads(connection)
      expect(claim?.job.competitionSlug).toBe(TITANIC)
      // Reading the counters costs as much each time, and is counted too.
      expect(after.read - before.read).toBeLessThan(40)
      expect(after.sorted - before.sorted).toBeLessThanOrEqual(sortedMax)
    },
  )

  test('that was released is not due before its time, and its lease has nothing to do with that', async ({
    site_api: { clock, ...site_api },
    site,
    db,
  }) => {
    expect(site).toBeDefined()
    const { visitor } = await signIn({ clock, ...site_api }, db)
    const { submission } = await submit(visitor, GOOD)
    const claimNow = () =>
      claimQueued(db, SUBMISSIONS, { worker: 'w', now: clock.now(), leaseMs: 1000 })
    const claim = await claimNow()
    if (!claim) throw new Error('no claim')
    const notBefore = new Date(clock.now().getTime() + 500)
    await releaseClaim(db, claim, {
      notBefore,
      reason: 'its disk is gone',
      isBlocked: true,
    })
    expect(await statusOf(db, submission.id)).toMatchObject({
      score_status: 'queued',
      not_before: toSqlTime(notBefore),
      blocked_reason: 'holdout_unavailable',
      score_error_internal: 'its disk is gone',
      lease_owner: null,
      lease_expires_at: null,
    })
    clock.advance(499)
    expect(await claimNow()).toBeNull()
    clock.advance(1)
    expect(await claimNow()).toMatchObject({ attempt: 1 })
    expect(await statusOf(db, submission.id)).toMatchObject({
      not_before: null,
      blocked_reason: null,
    })
  })
})

describe('an upgrade', () => {
  test('keeps what waits for its retry or its holdout waiting, as long and for the same reason', async ({
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission: blocked } = await submit(visitor, GOOD)
    const { submission: retried } = await submit(visitor, GOOD)
    const { submission: claimed } = await submit(visitor, GOOD)
    await openRun(db, { slug: TITANIC, at: site_api.clock.now() })
    const time = toSqlTime(site_api.clock.now())
    // As the version before wrote them.
    const lease = { lease_owner: null, lease_expires_at: time }
    const held = { lease_owner: 'w/1', lease_expires_at: time }
    for (const [id, status, columns, reason] of [
      [blocked.id, 'queued', lease, 'holdout: its disk is gone'],
      [retried.id, 'queued', lease, 'the disk is on fire'],
      [claimed.id, 'scoring', held, null],
    ] as const) {
      await db
        .updateTable('submissions')
        .set({ ...columns, score_status: status, score_error_internal: reason })
        .where('id', '=', id)
        .execute()
      await db
        .updateTable('shadow_scores')
        .set({ ...columns, state: status })
        .where('submission_id', '=', id)
        .execute()
    }
    for (let nth = 0; nth < 2; nth += 1) {
      await submissionRows.up(db as Kysely<unknown>)
      await shadowRows.up(db as Kysely<unknown>)
    }
    const waiting = { not_before: time, lease_expires_at: null }
    expect(await statusOf(db, blocked.id)).toMatchObject({
      ...waiting,
      blocked_reason: 'holdout_unavailable',
      score_error_internal: 'its disk is gone',
    })
    expect(await statusOf(db, retried.id)).toMatchObject({
      ...waiting,
      blocked_reason: null,
      score_error_internal: 'the disk is on fire',
    })
    expect(await statusOf(db, claimed.id)).toMatchObject({
      not_before: null,
      blocked_reason: null,
      lease_owner: 'w/1',
      lease_expires_at: time,
    })
    const shadow = await db
      .selectFrom('shadow_scores')
      .select(['submission_id', 'not_before', 'lease_expires_at'])
      .execute()
    expect(
      Object.fromEntries(shadow.map(({ submission_id, ...times }) => [submission_id, times])),
    ).toEqual({
      [blocked.id]: waiting,
      [retried.id]: waiting,
      [claimed.id]: { not_before: null, lease_expires_at: time },
    })
  })
})
