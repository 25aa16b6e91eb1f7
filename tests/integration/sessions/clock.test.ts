import { HostRefusedError } from '@medforge/api/reconciler/host-error.ts'
import { toSqlTime } from '@medforge/db'
import { eventually } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { LIMITS, type SessionView, sessionOf, test } from './stage.ts'

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
      stage.api.clock.jump(jumpMs)
      await stage.pass()
      expect((await visitor.get('/me')).status).toBe(200)
      expect((await stage.row(before.id)).status).toBe('running')
      const host = `s-${before.slug}.medforge.localhost`
      expect(
        (await visitor.get('/auth/session-proxy', { host, prefer: 'return=minimal' })).status,
      ).toBe(200)
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
    stage.api.clock.jump(-24 * HOUR_MS)
    stage.runtime.setAway(false)
    await stage.pass()
    expect((await stage.row(session.id)).status).toBe('stopped')
  })

  test('back by a day during a launch leaves it no more time than any launch has', async ({
    stage,
    expectedErrors,
  }) => {
    expectedErrors.add('request failed')
    stage.ide.isReady = false
    const { visitor } = await stage.person()
    const answering = visitor.post('/sessions', {})
    await eventually(() => stage.runtime.containers.size === 1)
    stage.api.clock.jump(-24 * HOUR_MS)
    const [session] = (await visitor.get('/sessions')).data<SessionView[]>()
    const before = (await stage.row(session?.id ?? '')).deadline_at ?? ''
    stage.reconciler.queue.add(session?.id ?? '', 'poll')
    await eventually(async () => ((await stage.row(session?.id ?? '')).deadline_at ?? '') < before)
    stage.api.clock.advance(LIMITS.startTimeoutMs)
    expect((await answering).problem().detail).toContain('The IDE did not answer in time.')
    expect(await stage.row(session?.id ?? '')).toMatchObject({ status: 'error', gpu_active: null })
  })

  test('back by a day during a stop that cannot be done is reported as overdue when any stop would be', async ({
    stage,
  }) => {
    const { visitor } = await stage.person()
    const session = sessionOf(await visitor.post('/sessions', {}))
    stage.runtime.setAway(true)
    await visitor.post(`/sessions/${session.id}/stop`)
    await stage.reconciler.idle()
    stage.api.clock.jump(-24 * HOUR_MS)
    await stage.pass()
    stage.api.clock.advance(LIMITS.stopTimeoutMs + 1000)
    await stage.pass()
    expect(stage.host.report().reasons.join()).toContain('not stopped in time')
    expect(await stage.row(session.id)).toMatchObject({ status: 'stopping', gpu_active: 1 })
  })

  test('on by a day gives up no last snapshot that only had to wait', async ({ stage }) => {
    const { visitor } = await stage.person()
    const session = sessionOf(await visitor.post('/sessions', {}))
    stage.workspaces.refuse(new HostRefusedError('pool_full', 'The storage of this host is full.'))
    await visitor.post(`/sessions/${session.id}/stop`)
    await stage.reconciler.idle()
    stage.api.clock.jump(24 * HOUR_MS)
    await stage.pass()
    expect((await stage.row(session.id)).status).toBe('stopping')
    stage.workspaces.refuse(null)
    stage.api.clock.advance(11_000)
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
