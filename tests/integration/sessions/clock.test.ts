import { toSqlTime } from '@medforge/db'
import { describe, expect } from 'vitest'
import { sessionOf, test } from './stage.ts'

const HOUR_MS = 3_600_000

describe('a clock that jumps', () => {
  test.for([
    ['an hour back', -HOUR_MS],
    ['a day back', -24 * HOUR_MS],
    ['an hour on', HOUR_MS],
    ['a day on', 24 * HOUR_MS],
  ] as const)(
    '(%s) signs nobody out, ends no session, and lets sessions be launched and stopped',
    async ([, jumpMs], { stage }) => {
      const { visitor } = await stage.person({ max_concurrent_sessions: 2 })
      const before = sessionOf(await visitor.post('/sessions', {}))
      stage.api.clock.advance(jumpMs)
      await stage.pass()
      expect((await visitor.get('/me')).status).toBe(200)
      expect((await stage.row(before.id)).status).toBe('running')
      const host = `s-${before.slug}.medforge.localhost`
      expect((await visitor.get('/auth/session-proxy', { host })).status).toBe(200)
      expect((await visitor.post(`/sessions/${before.id}/stop`)).status).toBe(202)
      await stage.pass()
      const row = await stage.row(before.id)
      expect(row).toMatchObject({ status: 'stopped', gpu_active: null })
      expect(stage.workspaces.datasets.get(row.workspace_zfs)).toEqual([row.last_snapshot_name])
    },
  )

  test('back by a day delays no work that was waiting for its next try', async ({ stage }) => {
    const { visitor } = await stage.person()
    const session = sessionOf(await visitor.post('/sessions', {}))
    stage.runtime.setAway(true)
    await visitor.post(`/sessions/${session.id}/stop`)
    await stage.pass()
    expect((await stage.row(session.id)).next_attempt_at).not.toBeNull()
    // A new process, which has no timer of the old one's.
    stage.crash()
    stage.api.clock.advance(-24 * HOUR_MS)
    stage.runtime.setAway(false)
    await stage.pass()
    expect((await stage.row(session.id)).status).toBe('stopped')
  })

  test('never makes two snapshots of one name: each session has a dataset of its own', async ({
    stage,
    db,
  }) => {
    const { visitor } = await stage.person({ max_concurrent_sessions: 2 })
    const sessions = [
      sessionOf(await visitor.post('/sessions', {})),
      sessionOf(await visitor.post('/sessions', {})),
    ]
    // The clock of these tests stands still: both stops happen in the same millisecond.
    for (const { id } of sessions) await visitor.post(`/sessions/${id}/stop`)
    await stage.pass()
    const rows = await db.selectFrom('sessions').select(['status', 'last_snapshot_name']).execute()
    expect(rows.map(({ status }) => status)).toEqual(['stopped', 'stopped'])
    expect(new Set(rows.map(({ last_snapshot_name }) => last_snapshot_name)).size).toBe(2)
    expect(rows[0]?.last_snapshot_name).toContain(
      `@stop-${Date.parse(`${toSqlTime(stage.api.clock.now()).slice(0, 23).replace(' ', 'T')}Z`)}`,
    )
  })
})
