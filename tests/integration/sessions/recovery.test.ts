import { toSqlTime } from '@medforge/db'
import { eventually } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { type Stage, sessionOf, test } from './stage.ts'

async function launch(stage: Stage) {
  const { visitor } = await stage.person()
  return sessionOf(await visitor.post('/sessions', {}))
}

describe('a session whose container dies', () => {
  test.for([
    [
      'ends by itself',
      'exit code 9',
      (stage: Stage, slug: string) => stage.runtime.end(slug, { exitCode: 9 }),
    ],
    [
      'runs out of memory',
      'memory',
      (stage: Stage, slug: string) => stage.runtime.end(slug, { exitCode: 137, oomKilled: true }),
    ],
    [
      'is removed behind our back',
      'removed from outside',
      (stage: Stage, slug: string) => stage.runtime.vanish(slug),
    ],
  ] as const)(
    '(%s) becomes an error that says why, with a death snapshot and its GPU back',
    async ([, words, kill], { stage }) => {
      const session = await launch(stage)
      kill(stage, session.slug)
      await stage.pass()
      const row = await stage.row(session.id)
      expect(row).toMatchObject({ status: 'error', container_id: null, gpu_active: null })
      expect(row.error_message).toContain(words)
      expect(row.last_snapshot_name).toMatch(new RegExp(`^${session.workspace_zfs}@death-\\d{13}$`))
      expect(stage.workspaces.datasets.get(session.workspace_zfs)).toEqual([row.last_snapshot_name])
      expect(stage.runtime.containers.size).toBe(0)
    },
  )

  test('keeps its row while Docker is away: unknown is not gone', async ({ stage }) => {
    const session = await launch(stage)
    stage.runtime.vanish(session.slug)
    stage.runtime.setAway(true)
    for (let passes = 0; passes < 3; passes += 1) {
      await stage.pass()
      stage.api.clock.advance(60_000)
    }
    expect(await stage.row(session.id)).toMatchObject({ status: 'running', failed_at: null })
    expect(stage.host.report()).toMatchObject({ able: false, reasons: ['Docker does not answer.'] })
    stage.runtime.setAway(false)
    await stage.pass()
    expect((await stage.row(session.id)).status).toBe('error')
  })

  test('waits for the pool with its snapshot, and for ever only as long as its deadline', async ({
    stage,
  }) => {
    const session = await launch(stage)
    stage.workspaces.setAway(true)
    stage.runtime.end(session.slug)
    await stage.pass()
    expect(await stage.row(session.id)).toMatchObject({ status: 'running' })
    expect(stage.runtime.containers.size).toBe(0)
    stage.api.clock.advance(11_000)
    await stage.pass()
    stage.api.clock.advance(61_000)
    await stage.pass()
    const row = await stage.row(session.id)
    expect(row).toMatchObject({ status: 'error', last_snapshot_name: null })
    expect(row.error_message).toMatch(/exit code 1.*still on disk/)
  })

  test('that a person stopped before it was noticed ends stopped, with the stop’s snapshot only', async ({
    stage,
  }) => {
    const { visitor } = await stage.person()
    const session = sessionOf(await visitor.post('/sessions', {}))
    stage.runtime.vanish(session.slug)
    await visitor.post(`/sessions/${session.id}/stop`)
    await eventually(async () => (await stage.row(session.id)).status === 'stopped')
    const [snapshot, ...others] = stage.workspaces.datasets.get(session.workspace_zfs) ?? []
    expect(snapshot).toContain('@stop-')
    expect(others).toEqual([])
  })
})

describe('a stop that a power cut interrupts for longer than its deadline', () => {
  test('still gets its snapshot when the pool comes back after the reconciler', async ({
    stage,
  }) => {
    const { visitor } = await stage.person()
    const session = sessionOf(await visitor.post('/sessions', {}))
    stage.runtime.setAway(true)
    await visitor.post(`/sessions/${session.id}/stop`)
    await stage.reconciler.idle()
    stage.crash()
    stage.api.clock.advance(3_600_000)
    stage.runtime.setAway(false)
    stage.runtime.vanish(session.slug)
    stage.workspaces.setAway(true)
    await stage.pass()
    expect((await stage.row(session.id)).status).toBe('stopping')
    stage.workspaces.setAway(false)
    stage.api.clock.advance(11_000)
    await stage.pass()
    const row = await stage.row(session.id)
    expect(row.status).toBe('stopped')
    expect(stage.workspaces.datasets.get(session.workspace_zfs)).toEqual([row.last_snapshot_name])
  })
})

describe('a reconciler that was killed', () => {
  test('goes on with a launch from its row alone', async ({ stage }) => {
    stage.ide.isReady = false
    const { visitor } = await stage.person()
    const launching = visitor.post('/sessions', {})
    await eventually(() => stage.runtime.containers.size === 1)
    stage.crash()
    stage.ide.isReady = true
    await stage.pass()
    expect((await launching).status).toBe(201)
    expect(stage.runtime.containers.size).toBe(1)
  })

  test('goes on with a launch as soon as its host is checked, without waiting for the next try', async ({
    stage,
  }) => {
    stage.host.set('ports', { code: 'unchecked', text: 'The host is still being checked.' })
    const { visitor } = await stage.person()
    const { id } = sessionOf(await visitor.post('/sessions', {}, { prefer: 'respond-async' }))
    await eventually(async () => (await stage.row(id)).attempts > 0)
    await stage.reconciler.idle()
    stage.host.set('ports', null)
    stage.reconciler.queue.promoteDelayed('poll')
    await eventually(async () => (await stage.row(id)).status === 'running')
  })

  test('keeps the pause before a retry of the one before, and ends it when the host is well again', async ({
    stage,
  }) => {
    const { visitor } = await stage.person()
    const session = sessionOf(await visitor.post('/sessions', {}))
    stage.runtime.setAway(true)
    await visitor.post(`/sessions/${session.id}/stop`)
    await eventually(async () => (await stage.row(session.id)).next_attempt_at !== null)
    stage.crash()
    stage.runtime.setAway(false)
    stage.runtime.calls.length = 0
    await stage.pass()
    expect(stage.runtime.calls).toEqual(['list'])
    stage.reconciler.queue.promoteDelayed('poll')
    await stage.reconciler.idle()
    expect((await stage.row(session.id)).status).toBe('stopped')
  })

  test('finds running sessions running and touches nothing', async ({ stage }) => {
    const session = await launch(stage)
    const before = await stage.row(session.id)
    stage.crash()
    stage.runtime.calls.length = 0
    await stage.pass()
    expect(await stage.row(session.id)).toEqual(before)
    expect(stage.runtime.calls).toEqual(['list'])
  })
})

describe('a reconciler that has lost its lead and does not know it', () => {
  test('starts no container of a session that another has ended', async ({ stage, db }) => {
    const { start } = stage.runtime
    const states: (string | undefined)[] = []
    stage.runtime.start = (spec, signal, confirm) =>
      start(spec, signal, async () => {
        // The other one found no container, freed the GPU, and this call was under way all the while.
        await db
          .updateTable('sessions')
          .set((set) => ({
            status: 'stopped',
            stopped_at: toSqlTime(stage.api.clock.now()),
            version: set('version', '+', 1),
          }))
          .where('id', '=', spec.sessionId)
          .execute()
        await confirm?.()
        states.push('started')
      })
    const { visitor } = await stage.person()
    const { id } = sessionOf(await visitor.post('/sessions', {}, { prefer: 'respond-async' }))
    await eventually(async () => (await stage.row(id)).status === 'stopped')
    await stage.reconciler.idle()
    expect(states).toEqual([])
    expect(stage.runtime.containers.size).toBe(0)
  })
})

describe('one bad session', () => {
  test('delays no other', async ({ stage }) => {
    const { visitor: slow } = await stage.person()
    const { visitor: quick } = await stage.person()
    const { start } = stage.runtime
    const release = Promise.withResolvers<void>()
    let isHung = true
    stage.runtime.start = async (spec, signal, confirm) => {
      if (isHung) {
        isHung = false
        await release.promise
      }
      return start(spec, signal, confirm)
    }
    const hanging = slow.post('/sessions', {})
    await eventually(() => !isHung)
    expect((await quick.post('/sessions', {})).status).toBe(201)
    release.resolve()
    expect((await hanging).status).toBe(201)
  })
})

describe('orphans', () => {
  test('are removed when two listings agree, and nothing else is', async ({ stage, db }) => {
    const session = await launch(stage)
    const orphan = await launch(stage)
    stage.runtime.occupy('ffffffff')
    await db.deleteFrom('session_events').where('session_id', '=', orphan.id).execute()
    await db.deleteFrom('sessions').where('id', '=', orphan.id).execute()
    await stage.pass()
    expect(stage.runtime.containers.has(`mf-session-${orphan.slug}`)).toBe(true)
    await stage.pass()
    expect([...stage.runtime.containers.keys()].toSorted()).toEqual(
      [`mf-session-${session.slug}`, 'mf-session-ffffffff'].toSorted(),
    )
    expect(stage.workspaces.datasets.has(orphan.workspace_zfs)).toBe(true)
    expect(stage.log.join()).toContain('remove-orphan')
  })
})
