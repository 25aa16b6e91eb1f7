import { toSqlTime } from '@medforge/db'
import { eventually, newSession } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { type Stage, sessionOf, test } from './stage.ts'

const GIB = 1024 ** 3
const HOUR_MS = 3_600_000

async function launch(visitor: Awaited<ReturnType<Stage['person']>>['visitor']) {
  return sessionOf(await visitor.post('/sessions', {}))
}

/** Stops a session, and resolves when it has ended. */
async function stop(
  stage: Stage,
  visitor: Awaited<ReturnType<Stage['person']>>['visitor'],
  id: string,
) {
  await visitor.post(`/sessions/${id}/stop`)
  await eventually(async () => (await stage.row(id)).status === 'stopped')
}

async function setLimit(stage: Stage, userId: string, storage_limit_bytes: number | null) {
  await stage.db
    .updateTable('users')
    .set({ storage_limit_bytes })
    .where('id', '=', userId)
    .execute()
}

describe('somebody whose files use more than they may', () => {
  test('is refused with how much is what and whom to ask, as soon as the session that wrote them has ended', async ({
    stage,
  }) => {
    const { user, visitor } = await stage.person()
    await setLimit(stage, user.id, 2 * GIB)
    const first = await launch(visitor)
    stage.workspaces.write(first.workspace_zfs, 1.5 * GIB)
    await stop(stage, visitor, first.id)
    const second = await launch(visitor)
    stage.workspaces.write(second.workspace_zfs, GIB)
    await stop(stage, visitor, second.id)
    const answer = await visitor.post('/sessions', {})
    expect(answer.status).toBe(409)
    expect(answer.problem()).toMatchObject({
      code: 'storage_limit_reached',
      title: 'Storage limit reached',
      detail: expect.stringMatching(
        /use 2.5 GiB of the 2 GiB that you may use: 2.5 GiB in workspaces and 0 GiB in snapshots. Ask the operator/,
      ),
    })
    expect(await stage.db.selectFrom('sessions').select('id').execute()).toHaveLength(2)
  })

  test('holds nobody else up', async ({ stage }) => {
    const { user, visitor } = await stage.person()
    await setLimit(stage, user.id, GIB)
    const { id, workspace_zfs } = await launch(visitor)
    stage.workspaces.write(workspace_zfs, GIB)
    await setLimit(stage, user.id, GIB - 1)
    await stop(stage, visitor, id)
    expect((await visitor.post('/sessions', {})).problem().code).toBe('storage_limit_reached')
    const other = await stage.person()
    expect((await other.visitor.post('/sessions', {})).status).toBe(201)
  })

  test('may launch again when the limit is raised, and when the operator has removed some', async ({
    stage,
  }) => {
    const { user, visitor } = await stage.person()
    const before = await launch(visitor)
    stage.workspaces.write(before.workspace_zfs, 5 * GIB)
    await stop(stage, visitor, before.id)
    await setLimit(stage, user.id, 4 * GIB)
    expect((await visitor.post('/sessions', {})).problem().code).toBe('storage_limit_reached')
    await setLimit(stage, user.id, null)
    await stop(stage, visitor, (await launch(visitor)).id)
    await setLimit(stage, user.id, 4 * GIB)
    stage.workspaces.destroy(before.workspace_zfs)
    stage.api.clock.advance(15_000)
    await stage.refresh()
    await stage.pass()
    expect((await visitor.post('/sessions', {})).status).toBe(201)
  })

  test('has what snapshots alone hold counted as such', async ({ stage }) => {
    const { user, visitor } = await stage.person()
    const { id, workspace_zfs } = await launch(visitor)
    stage.workspaces.write(workspace_zfs, 3 * GIB)
    await stop(stage, visitor, id)
    stage.workspaces.removeFiles(workspace_zfs)
    await stop(stage, visitor, (await launch(visitor)).id)
    await setLimit(stage, user.id, 2 * GIB)
    const { detail } = (await visitor.post('/sessions', {})).problem()
    expect(detail).toContain('0 GiB in workspaces and 3 GiB in snapshots')
  })

  test('is known to be so after a crash in the middle of the stop', async ({ stage }) => {
    const { user, visitor } = await stage.person()
    await setLimit(stage, user.id, GIB)
    const { id, workspace_zfs } = await launch(visitor)
    stage.workspaces.write(workspace_zfs, GIB)
    await setLimit(stage, user.id, GIB - 1)
    stage.runtime.setAway(true)
    await visitor.post(`/sessions/${id}/stop`)
    await stage.reconciler.idle()
    stage.crash()
    stage.runtime.setAway(false)
    stage.api.clock.advance(11_000)
    await stage.pass()
    expect((await stage.row(id)).status).toBe('stopped')
    await stage.refresh()
    expect((await visitor.post('/sessions', {})).problem().code).toBe('storage_limit_reached')
  })

  test('ends their session all the same where nothing can be measured', async ({ stage }) => {
    const { visitor } = await stage.person()
    const { id } = await launch(visitor)
    stage.workspaces.setAway(true)
    await visitor.post(`/sessions/${id}/stop`)
    await stage.reconciler.idle()
    stage.api.clock.advance(61_000)
    await stage.pass()
    stage.api.clock.advance(61_000)
    await stage.pass()
    expect((await stage.row(id)).status).toBe('error')
  })
})

describe('the workspace of a session', () => {
  test('holds what its person has left, and at least 1 GiB', async ({ stage }) => {
    const { user, visitor } = await stage.person()
    await setLimit(stage, user.id, 4 * GIB)
    const first = await launch(visitor)
    expect(() => stage.workspaces.write(first.workspace_zfs, 4 * GIB + 1)).toThrow('quota')
    stage.workspaces.write(first.workspace_zfs, 4 * GIB)
    await stop(stage, visitor, first.id)
    const second = await launch(visitor)
    expect(() => stage.workspaces.write(second.workspace_zfs, GIB + 1)).toThrow('quota')
    stage.workspaces.write(second.workspace_zfs, GIB)
  })

  test('holds no more than the installation gives each', async ({ stage, open }) => {
    const api = await open({ env: { SESSION_WORKSPACE_QUOTA_GB: '3', PERSON_QUOTA_GB: '5' } })
    const { user } = await stage.person()
    const visitor = api.visitor()
    await visitor.logIn(user.email)
    const answer = await visitor.post('/sessions', {}, { prefer: 'respond-async' })
    const { id } = sessionOf(answer)
    expect((await stage.row(id)).workspace_quota_bytes).toBe(3 * GIB)
  })
})

describe('somebody who launches without end', () => {
  test('is refused beyond LAUNCHES_PER_HOUR, exactly, with several at once, and may go on an hour after the first', async ({
    stage,
    db,
  }) => {
    const { user, visitor } = await stage.person({ max_concurrent_sessions: 3 })
    const startMs = stage.api.clock.now().getTime()
    for (let nth = 0; nth < 58; nth += 1) {
      const at = toSqlTime(new Date(startMs - HOUR_MS + 90_000 + nth * 1000))
      await newSession(db, { user_id: user.id, status: 'stopped', created_at: at })
    }
    const answers = await Promise.all([1, 2, 3].map(() => visitor.post('/sessions', {})))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 429])
    const refused = answers.find(({ status }) => status === 429)
    expect(refused?.headers['retry-after']).toBe('90')
    expect(refused?.problem()).toMatchObject({
      code: 'launch_limit_reached',
      title: 'Launch limit reached',
      detail: expect.stringMatching(/60 sessions within an hour.*Launch again in 2 minutes/),
    })
    stage.api.clock.advance(90_000)
    await stage.refresh()
    expect((await visitor.post('/sessions', {})).status).toBe(201)
  })

  test('is not held up by launches from a time that the clock was put back from', async ({
    stage,
    db,
  }) => {
    const { user, visitor } = await stage.person()
    const later = toSqlTime(new Date(stage.api.clock.now().getTime() + 10_000))
    for (let nth = 0; nth < 60; nth += 1) {
      await newSession(db, { user_id: user.id, status: 'stopped', created_at: later })
    }
    expect((await visitor.post('/sessions', {})).status).toBe(201)
  })
})

describe('the operator’s word about a person', () => {
  test('limits the container of their next session, and what it leaves out is as for everybody', async ({
    stage,
  }) => {
    const { user, visitor } = await stage.person({ cpu_limit: 1.5, memory_limit_bytes: 16 * GIB })
    const { slug } = await launch(visitor)
    const limitsOf = (each: string) =>
      stage.runtime.containers.get(`mf-session-${each}`)?.spec?.limits
    expect(limitsOf(slug)).toEqual({ cpus: 1.5, memoryBytes: 16 * GIB })
    const other = await stage.person()
    expect(limitsOf((await launch(other.visitor)).slug)).toEqual({})
    expect(user.storage_limit_bytes).toBeNull()
  })
})
