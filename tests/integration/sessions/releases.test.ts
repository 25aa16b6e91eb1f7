import { randomUUID } from 'node:crypto'
import { eventually, newSession, newUser } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { type Stage, sessionOf, test } from './stage.ts'

const signal = AbortSignal.timeout(60_000)

async function launch(stage: Stage) {
  const { visitor } = await stage.person()
  const session = sessionOf(await visitor.post('/sessions', {}))
  const ended = (status: string) =>
    eventually(async () => (await stage.row(session.id)).status === status)
  const stop = async () => {
    await visitor.post(`/sessions/${session.id}/stop`)
    await ended('stopped')
  }
  return { ...session, visitor, ended, stop }
}

/** The workspace of a session that ended, mounted as an earlier version left it. */
async function leaveMounted(stage: Stage): Promise<string> {
  const user = await newUser(stage.db)
  const { workspace_zfs } = await newSession(stage.db, { user_id: user.id, status: 'stopped' })
  await stage.workspaces.ensure(workspace_zfs, signal)
  return workspace_zfs
}

describe('a workspace', () => {
  test('stays mounted as long as its session is active, and not longer', async ({ stage }) => {
    const session = await launch(stage)
    await stage.pass()
    expect([...stage.workspaces.mounted]).toEqual([session.workspace_zfs])
    stage.runtime.setAway(true)
    await session.visitor.post(`/sessions/${session.id}/stop`)
    await stage.pass()
    expect((await stage.row(session.id)).status).toBe('stopping')
    expect([...stage.workspaces.mounted]).toEqual([session.workspace_zfs])
    stage.runtime.setAway(false)
    await session.stop()
    await stage.pass()
    expect([...stage.workspaces.mounted]).toEqual([])
    expect(stage.workspaces.datasets.get(session.workspace_zfs)).toHaveLength(1)
  })

  test('is unmounted after the death of its session, and its snapshot was taken before', async ({
    stage,
  }) => {
    const session = await launch(stage)
    stage.runtime.vanish(session.slug)
    await stage.pass()
    await session.ended('error')
    await stage.pass()
    expect([...stage.workspaces.mounted]).toEqual([])
    expect(stage.workspaces.datasets.get(session.workspace_zfs)).toHaveLength(1)
  })

  test('of a launch that the host interrupted is mounted again by the same launch', async ({
    stage,
  }) => {
    stage.host.set('ports', { code: 'unchecked', text: 'The host is still being checked.' })
    const { visitor } = await stage.person()
    const { id } = sessionOf(await visitor.post('/sessions', {}, { prefer: 'respond-async' }))
    await eventually(async () => (await stage.row(id)).attempts > 0)
    await stage.reconciler.idle()
    stage.crash()
    const { workspace_zfs } = await stage.row(id)
    await stage.workspaces.release(workspace_zfs, signal)
    stage.host.set('ports', null)
    stage.api.clock.advance(11_000)
    await stage.pass()
    expect((await stage.row(id)).status).toBe('running')
    expect([...stage.workspaces.mounted]).toEqual([workspace_zfs])
  })

  test('without a session, such as a clone that an operator made, stays mounted', async ({
    stage,
  }) => {
    const clone = `tank/medforge/workspaces/${randomUUID()}/${randomUUID()}`
    await stage.workspaces.ensure(clone, signal)
    await stage.pass()
    expect([...stage.workspaces.mounted]).toEqual([clone])
  })

  test('that somebody has open stays, is tried again after a minute, and is told of once', async ({
    stage,
  }) => {
    const dataset = await leaveMounted(stage)
    stage.workspaces.setBusy(dataset, true)
    await stage.pass()
    stage.api.clock.advance(61_000)
    await stage.pass()
    stage.workspaces.setBusy(dataset, false)
    await stage.pass()
    expect([...stage.workspaces.mounted]).toEqual([dataset])
    expect(stage.log.filter((line) => line.includes('workspace.busy'))).toHaveLength(1)
    stage.api.clock.advance(61_000)
    await stage.pass()
    expect([...stage.workspaces.mounted]).toEqual([])
  })
})

describe('workspaces that an earlier version left mounted', () => {
  test('are unmounted in small steps, so that launches in between wait for one at most', async ({
    stage,
  }) => {
    for (let count = 0; count < 45; count += 1) await leaveMounted(stage)
    const left: number[] = []
    for (let pass = 0; pass < 3; pass += 1) {
      await stage.pass()
      left.push(stage.workspaces.mounted.size)
    }
    expect(left).toEqual([25, 5, 0])
  })

  test('wait while the pool is away', async ({ stage }) => {
    const dataset = await leaveMounted(stage)
    stage.workspaces.setAway(true)
    await stage.pass()
    stage.workspaces.setAway(false)
    expect([...stage.workspaces.mounted]).toEqual([dataset])
    await stage.pass()
    expect([...stage.workspaces.mounted]).toEqual([])
  })
})
