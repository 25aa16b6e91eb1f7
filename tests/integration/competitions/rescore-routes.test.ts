import { carryOutRescores } from '@medforge/api/scoring/wanted-rescores.ts'
import type { CompetitionDetail, Leaderboard, Rescore } from '@medforge/contracts'
import { openRescore } from '@medforge/core'
import { asProcess, type Visitor } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { readAudit } from '../admin/admin.ts'
import { openWorker, signIn, submit, TITANIC, test, titanicWithMatches } from './site.ts'

const PATH = `/admin/competitions/${TITANIC}/rescore`

async function read(admin: Visitor): Promise<Rescore> {
  return (await admin.get(PATH)).data<Rescore>()
}
const post = (admin: Visitor, path: string, body: object = {}) =>
  admin.ask(path, { method: 'POST', body })

describe('a re-score from the web', () => {
  test('is carried out by the worker: compared, then switched for everybody with a notice', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor: admin, userId } = await signIn(site_api, db, { role: 'admin' })
    const { visitor } = await signIn(site_api, db)
    await submit(visitor, await titanicWithMatches(site.hiddenRoot, 300))
    const scoring = await openWorker(db, site, site_api)
    await scoring.drain()
    // As an earlier version of the scorer would have left it.
    await db
      .updateTable('submission_scores')
      .set({ scorer_version: 'old', primary_score: 0.5 })
      .execute()
    await db
      .updateTable('leaderboard_entries')
      .set({ primary_score: 0.5, sort_score: -0.5 })
      .execute()
    const { clock } = site_api
    const logger = site_api.context.logger
    const pass = () => carryOutRescores({ db: asProcess(db, 'worker'), clock, logger })
    const best = async () =>
      (await visitor.get(`/competitions/${TITANIC}/leaderboard`)).data<Leaderboard>().entries[0]
        ?.primary_score

    expect(await read(admin)).toEqual({ run: null, last: null })
    const started = await post(admin, PATH)
    expect(started.status).toBe(202)
    expect(started.data<Rescore>().run).toMatchObject({ wanted: 'compare', is_ready: false })
    expect((await post(admin, `${PATH}/switch`)).problem().code).toBe('rescore_not_ready')
    await pass()
    clock.advance(2000)
    await scoring.drain()
    const { run } = await read(admin)
    expect(run).toMatchObject({ is_ready: true, waiting: 0, scored: 1, failed: 0 })
    expect(run?.difference).toMatchObject({ entries_before: 1, entries_after: 1, changed: 1 })
    expect(run?.difference?.moves[0]).toMatchObject({ score_before: 0.5, score_after: 300 / 418 })
    expect(await best()).toBe(0.5)

    expect((await post(admin, `${PATH}/switch`, { note: ' A better scorer. ' })).status).toBe(202)
    await pass()
    expect(await best()).toBe(300 / 418)
    expect(await read(admin)).toMatchObject({ run: null, last: { outcome: 'switched' } })
    const detail = (await visitor.get(`/competitions/${TITANIC}`)).data<CompetitionDetail>()
    expect(detail.notice?.text).toBe('A better scorer.')
    const done = await readAudit(db)
    expect(done.map(({ action, actor_user_id }) => [action, actor_user_id])).toEqual([
      ['competition.rescore_start', userId],
      ['competition.rescore_switch', userId],
      ['competition.rescore', userId],
    ])
  })

  test('leaves the board as it is when it is abandoned', async ({ site_api, db }) => {
    const { visitor: admin } = await signIn(site_api, db, { role: 'admin' })
    const deps = {
      db: asProcess(db, 'worker'),
      clock: site_api.clock,
      logger: site_api.context.logger,
    }
    await post(admin, PATH)
    await carryOutRescores(deps)
    expect((await admin.ask(PATH, { method: 'DELETE' })).status).toBe(202)
    await carryOutRescores(deps)
    expect(await read(admin)).toMatchObject({ run: null, last: { outcome: 'abandoned' } })
    expect(await db.selectFrom('shadow_scores').select('run_id').execute()).toEqual([])
    const again = await admin.ask(PATH, { method: 'DELETE' })
    expect(again.problem().code).toBe('rescore_not_ready')
  })

  test('is refused while the operator imports another holdout', async ({ site_api, db }) => {
    const { visitor: admin } = await signIn(site_api, db, { role: 'admin' })
    const { id } = await db
      .selectFrom('competitions')
      .select('id')
      .where('slug', '=', TITANIC)
      .executeTakeFirstOrThrow()
    const target = {
      bundle_version: null,
      metric_version: 'accuracy-v1',
      evaluation_split_version: 'v1-other',
      manifest_sha256: 'a'.repeat(64),
    }
    await openRescore(db, id, target, site_api.clock.now())
    expect((await post(admin, PATH)).problem().code).toBe('rescore_not_ready')
    expect((await read(admin)).run).toMatchObject({ wanted: 'command' })
    for (const ask of [post(admin, `${PATH}/switch`), admin.ask(PATH, { method: 'DELETE' })]) {
      expect((await ask).problem().code).toBe('rescore_not_ready')
    }
  })

  test('is for administrators alone', async ({ site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    expect((await post(visitor, PATH)).problem().code).toBe('admin_access_denied')
    expect((await visitor.get(PATH)).problem().code).toBe('admin_access_denied')
  })
})
