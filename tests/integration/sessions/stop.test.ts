import { HostRefusedError } from '@medforge/api/reconciler/host-error.ts'
import { eventually } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { readAudit } from '../admin/admin.ts'
import { type SessionView, type Stage, sessionOf, test } from './stage.ts'

async function launch(stage: Stage) {
  const { user, visitor } = await stage.person()
  const session = sessionOf(await visitor.post('/sessions', {}))
  const stop = () => visitor.post(`/sessions/${session.id}/stop`)
  const ended = (status: string) =>
    eventually(async () => (await stage.row(session.id)).status === status)
  return { user, visitor, session, stop, ended }
}

describe('POST /sessions/{id}/stop', () => {
  test('removes the container, then snapshots the workspace, then frees the GPU', async ({
    stage,
  }) => {
    const { visitor, session, stop, ended } = await launch(stage)
    const answer = await stop()
    expect(answer.status).toBe(202)
    expect(answer.data()).toEqual({ message: 'Session stop requested.' })
    await ended('stopped')
    const { data } = await visitor.get(`/sessions/${session.id}`)
    const stopped = data<SessionView>()
    expect(stopped).toMatchObject({ status: 'stopped', gpu_id: null, container_id: null })
    expect(stopped.last_snapshot?.name).toMatch(
      new RegExp(`^${session.workspace_zfs}@stop-\\d{13}$`),
    )
    expect(stage.workspaces.datasets.get(session.workspace_zfs)).toEqual([
      stopped.last_snapshot?.name,
    ])
    expect(stage.runtime.containers.size).toBe(0)
    expect((await visitor.get('/sessions/current')).data()).toEqual({ session: null })
    expect((await visitor.post('/sessions', {})).status).toBe(201)
  })

  test('may be repeated: again while it stops, and when it has stopped', async ({ stage }) => {
    const { stop, ended } = await launch(stage)
    stage.runtime.setAway(true)
    expect((await stop()).data()).toEqual({ message: 'Session stop requested.' })
    expect((await stop()).data()).toEqual({ message: 'Session stop requested.' })
    stage.runtime.setAway(false)
    await stop()
    await ended('stopped')
    const last = await stop()
    expect(last.status).toBe(202)
    expect(last.data()).toEqual({ message: 'Session already terminal.' })
  })

  test('fifty at once make one stop and one snapshot', async ({ stage, db }) => {
    const { session, stop, ended } = await launch(stage)
    const answers = await Promise.all(Array.from({ length: 50 }, stop))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    await ended('stopped')
    expect(stage.workspaces.datasets.get(session.workspace_zfs)).toHaveLength(1)
    const moves = await db
      .selectFrom('session_events')
      .select('to_status')
      .where('session_id', '=', session.id)
      .where('kind', '=', 'transition')
      .orderBy('id')
      .execute()
    expect(moves.map((move) => move.to_status)).toEqual([
      'starting',
      'running',
      'stopping',
      'stopped',
    ])
  })

  test('wins over a launch in flight, whose caller learns it', async ({
    stage,
    db,
    expectedErrors,
  }) => {
    expectedErrors.add('request failed')
    stage.ide.isReady = false
    const { visitor } = await stage.person()
    const launching = visitor.post('/sessions', {})
    await eventually(() => stage.runtime.containers.size === 1)
    const { id } = await db.selectFrom('sessions').select('id').executeTakeFirstOrThrow()
    expect((await visitor.post(`/sessions/${id}/stop`)).status).toBe(202)
    expect((await launching).problem()).toMatchObject({
      code: 'session_start_failed',
      detail: expect.stringContaining('was stopped before'),
    })
    await eventually(async () => (await stage.row(id)).status === 'stopped')
    expect(stage.runtime.containers.size).toBe(0)
    expect((await stage.row(id)).last_snapshot_name).toContain('@stop-')
  })

  test('of a launch that had no workspace yet ends without a snapshot', async ({
    stage,
    db,
    expectedErrors,
  }) => {
    expectedErrors.add('request failed')
    const { visitor } = await stage.person()
    stage.runtime.setAway(true)
    const launching = visitor.post('/sessions', {})
    await eventually(() => stage.runtime.calls.includes('observe'))
    const { id } = await db.selectFrom('sessions').select('id').executeTakeFirstOrThrow()
    await visitor.post(`/sessions/${id}/stop`)
    stage.runtime.setAway(false)
    await visitor.post(`/sessions/${id}/stop`)
    await launching
    await eventually(async () => (await stage.row(id)).status === 'stopped')
    expect(await stage.row(id)).toMatchObject({ last_snapshot_name: null, error_message: null })
  })

  test('is 404 for a session that is not there and 403 for somebody else’s; an admin may, and leaves a trace', async ({
    stage,
    db,
  }) => {
    const { session, ended } = await launch(stage)
    const stranger = await stage.person()
    const nowhere = '00000000-0000-4000-8000-000000000000'
    const ask = async (id: string) =>
      (await stranger.visitor.post(`/sessions/${id}/stop`)).problem()
    expect(await ask(nowhere)).toMatchObject({
      code: 'session_not_found',
      detail: 'Session not found.',
    })
    expect(await ask(session.id)).toMatchObject({
      code: 'session_access_denied',
      detail: 'Session access denied.',
    })
    expect((await stage.row(session.id)).status).toBe('running')
    const admin = await stage.person({ role: 'admin' })
    expect((await admin.visitor.post(`/sessions/${session.id}/stop`)).status).toBe(202)
    await ended('stopped')
    expect(await readAudit(db)).toMatchObject([
      { actor_user_id: admin.user.id, action: 'session.stop', subject: session.id },
    ])
  })
})

describe('a stop that cannot be done', () => {
  test('keeps the GPU while Docker is away, past the deadline too, and reports it', async ({
    stage,
  }) => {
    const { user, visitor, session, stop } = await launch(stage)
    stage.runtime.setAway(true)
    await stop()
    await stage.reconciler.idle()
    stage.api.clock.advance(61_000)
    await stage.pass()
    stage.api.clock.advance(11_000)
    await stage.pass()
    const row = await stage.row(session.id)
    expect(row).toMatchObject({ status: 'stopping', gpu_active: 1 })
    expect(row.status_reason).toContain('GPU stays reserved')
    expect(stage.host.report().reasons.join()).toContain('not stopped in time')
    expect((await visitor.post('/sessions', {})).status).toBe(409)
    stage.runtime.setAway(false)
    stage.api.clock.advance(11_000)
    await stage.pass()
    expect((await stage.row(session.id)).status).toBe('stopped')
    await stage.pass()
    expect(stage.host.report()).toMatchObject({ able: true, reasons: [] })
    expect(user.id).toBe(row.user_id)
  })

  test('retries a snapshot under the same name until it is taken', async ({ stage }) => {
    const { session, stop } = await launch(stage)
    stage.workspaces.refuse(new HostRefusedError('pool_full', 'The storage of this host is full.'))
    await stop()
    await stage.reconciler.idle()
    const waiting = await stage.row(session.id)
    expect(waiting).toMatchObject({ status: 'stopping', attempts: 1 })
    expect(waiting.status_reason).toContain('full')
    expect(stage.runtime.containers.size).toBe(0)
    stage.workspaces.refuse(null)
    stage.api.clock.advance(1_000)
    await stage.pass()
    expect(await stage.row(session.id)).toMatchObject({
      status: 'stopped',
      last_snapshot_name: waiting.snapshot_name,
    })
  })

  test('ends in an error with the work still on disk when the snapshot fails to the end', async ({
    stage,
  }) => {
    const { session, stop } = await launch(stage)
    stage.workspaces.refuse(new HostRefusedError('pool_full', 'The storage of this host is full.'))
    await stop()
    await stage.reconciler.idle()
    stage.api.clock.advance(11_000)
    await stage.pass()
    stage.api.clock.advance(61_000)
    await stage.pass()
    const row = await stage.row(session.id)
    expect(row).toMatchObject({ status: 'error', last_snapshot_name: null, gpu_active: null })
    expect(row.error_message).toContain('still on disk')
    expect(stage.workspaces.datasets.has(session.workspace_zfs)).toBe(true)
  })
})
