import { randomUUID } from 'node:crypto'
import { FILES_KEPT } from '@medforge/api/scoring/probing.ts'
import type { ProbingReport } from '@medforge/contracts'
import type { DB } from '@medforge/db'
import { newUser } from '@medforge/test-support'
import type { Insertable, Selectable } from 'kysely'
import { describe, expect } from 'vitest'
import { openWorker, signIn, statusOf, submit, TITANIC, test, titanicCsv } from './site.ts'

const REPORT = `/admin/competitions/${TITANIC}/probing`
const flipped = (...passengers: number[]) =>
  titanicCsv((passenger) => (passengers.includes(passenger) ? 1 : 0))
const model = (seed: number) => titanicCsv((passenger) => ((passenger * seed) % 7) % 2)

function flagOf(
  file: Pick<Selectable<DB['submissions']>, 'id' | 'competition_id' | 'user_id' | 'created_at'>,
  nearest_submission_id: string,
): Insertable<DB['probing_flags']> {
  const { id: submission_id, competition_id, user_id, created_at } = file
  const distance = { nearest_submission_id, changed_rows: 1, chain_length: 1 }
  return { submission_id, competition_id, user_id, created_at, ...distance }
}

describe('the watch for probing', () => {
  test('flags chains of files that differ in a few ids, and shows them to administrators alone', async ({
    site,
    site_api,
    db,
  }) => {
    const prober = await signIn(site_api, db, { email: 'prober@people.test' })
    const honest = await signIn(site_api, db, { email: 'honest@people.test' })
    const worker = await openWorker(db, site, site_api)
    const files = [
      flipped(),
      flipped(892),
      flipped(892, 893),
      model(3),
      flipped(892, 893, 900, 901, 902),
    ]
    for (const file of [...files, flipped()]) {
      await submit(prober.visitor, file)
      await worker.drain()
      site_api.clock.advance(1000)
    }
    for (const seed of [2, 3, 5]) await submit(honest.visitor, model(seed))
    await worker.drain()

    const admin = await signIn(site_api, db, { role: 'admin' })
    const report = (await admin.visitor.get(REPORT)).data<ProbingReport>()
    expect(report).toMatchObject({ competition_slug: TITANIC, near_rows_max: 3 })
    expect(report.people).toEqual([
      {
        user_id: prober.userId,
        email: 'prober@people.test',
        display_name: expect.any(String),
        // 892; then 893; then 900 to 902; and the first file again is one id away from the second.
        flagged: 4,
        longest_chain: 3,
        changed_rows: 1 + 1 + 3 + 1,
        last_at: expect.any(String),
      },
    ])
    expect(report.shared_files).toEqual([
      {
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        accounts: 2,
        people: [
          { user_id: honest.userId, email: 'honest@people.test' },
          { user_id: prober.userId, email: 'prober@people.test' },
        ],
      },
    ])

    expect((await prober.visitor.get(REPORT)).problem().code).toBe('admin_access_denied')
    expect((await site_api.visitor().get(REPORT)).problem().code).toBe('authentication_failed')
    const mine = await prober.visitor.get(`/competitions/${TITANIC}/submissions/me`)
    expect(mine.text).not.toMatch(/flag|probing|fingerprint/)
    expect((await admin.visitor.get('/admin/competitions/nothing/probing')).status).toBe(404)
  })

  test('lists everybody by pages, with the number of those not shown who share a file', async ({
    site_api,
    db,
  }) => {
    const { visitor, userId } = await signIn(site_api, db)
    const { submission } = await submit(visitor, flipped())
    const people = [userId]
    for (let nth = 0; nth < 24; nth += 1) people.push((await newUser(db)).id)
    const row = await statusOf(db, submission.id)
    for (const [at, user_id] of people.entries()) {
      // Some have as many as the next one.
      const flags = 1 + (at % 3)
      const files = Array.from({ length: flags }, () => {
        const id = randomUUID()
        return { ...row, id, user_id, stored_name: `${id}.csv` }
      })
      await db.insertInto('submissions').values(files).execute()
      await db
        .insertInto('probing_flags')
        .values(files.map((file) => flagOf(file, submission.id)))
        .execute()
    }
    const admin = await signIn(site_api, db, { role: 'admin' })
    const shown: ProbingReport['people'] = []
    let cursor = ''
    do {
      const answer = await admin.visitor.get(`${REPORT}?limit=4${cursor}`)
      const report = answer.data<ProbingReport>()
      shown.push(...report.people)
      expect(report.shared_files_total).toBe(1)
      expect(report.shared_files.map(({ accounts }) => accounts)).toEqual([25])
      expect(report.shared_files[0]?.people).toHaveLength(20)
      const { next_cursor, has_more } = answer.meta()
      expect(has_more).toBe(next_cursor !== null)
      cursor = next_cursor === null ? '' : `&cursor=${next_cursor}`
    } while (cursor)
    const whole = (await admin.visitor.get(`${REPORT}?limit=500`)).data<ProbingReport>()
    expect(shown).toEqual(whole.people)
    expect(new Set(shown.map(({ user_id }) => user_id))).toEqual(new Set(people))
    expect(shown.map(({ flagged }) => flagged)).toEqual(
      people.map((_, at) => 1 + (at % 3)).toSorted((a, b) => b - a),
    )
    expect((await admin.visitor.get(`${REPORT}?cursor=x`)).problem().code).toBe('invalid_cursor')
  })

  test('keeps the latest files of a person and no more', async ({ site, site_api, db }) => {
    await db.updateTable('competitions').set({ submission_cap_per_day: 100 }).execute()
    const { visitor } = await signIn(site_api, db)
    const worker = await openWorker(db, site, site_api)
    for (let at = 0; at < FILES_KEPT + 3; at += 1) {
      await submit(visitor, model(at + 2))
      site_api.clock.advance(1000)
    }
    await worker.drain()
    const kept = await db.selectFrom('submission_fingerprints').select('submission_id').execute()
    expect(kept).toHaveLength(FILES_KEPT)
  })
})
