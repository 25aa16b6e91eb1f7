import { randomUUID } from 'node:crypto'
import { eventually } from '@medforge/test-support'
import { describe, expect, test } from 'vitest'
import type { SessionWorkspaces } from './port.ts'

export type WorkspacesUnderTest = {
  workspaces: SessionWorkspaces
  root: string
  listSnapshots(dataset: string): Promise<string[]>
  /** Rejects where the workspace has no room for it. */
  write(dataset: string, bytes: number): Promise<void>
  removeFiles(dataset: string): Promise<void>
}

const signal = AbortSignal.timeout(10 * 60_000)
const MIB = 1024 ** 2

/** What every `SessionWorkspaces` promises; the fake and ZFS both pass it. */
export function describeSessionWorkspaces(
  name: string,
  underTest: () => WorkspacesUnderTest,
): void {
  const newDataset = () => `${underTest().root}/${randomUUID()}/${randomUUID()}`

  describe(`${name} keeps the contract of SessionWorkspaces`, () => {
    test('a workspace that was never made is known not to be mounted', async () => {
      const { workspaces } = underTest()
      expect(await workspaces.observe(newDataset(), null, signal)).toEqual({
        kind: 'known',
        isMounted: false,
        snapshotTaken: false,
      })
    })

    test('ensuring a workspace mounts it, and doing it again gives the same path', async () => {
      const { workspaces } = underTest()
      const dataset = newDataset()
      const path = await workspaces.ensure(dataset, signal)
      expect(await workspaces.ensure(dataset, signal)).toBe(path)
      expect(await workspaces.observe(dataset, null, signal)).toMatchObject({ isMounted: true })
    })

    test('a snapshot is taken once, however often it is asked for', async () => {
      const { workspaces, listSnapshots } = underTest()
      const dataset = newDataset()
      const snapshot = `${dataset}@stop-1795472777000`
      await workspaces.ensure(dataset, signal)
      expect(await workspaces.observe(dataset, snapshot, signal)).toMatchObject({
        snapshotTaken: false,
      })
      expect(await workspaces.snapshot(snapshot, signal)).toBe('taken')
      expect(await workspaces.snapshot(snapshot, signal)).toBe('taken')
      expect(await listSnapshots(dataset)).toEqual([snapshot])
      expect(await workspaces.observe(dataset, snapshot, signal)).toMatchObject({
        snapshotTaken: true,
      })
    })

    test('a snapshot of a workspace that was never made is "no workspace"', async () => {
      const { workspaces } = underTest()
      const name = `${newDataset()}@death-1795472777000`
      expect(await workspaces.snapshot(name, signal)).toBe('no-workspace')
    })

    test('a workspace that is released is mounted no longer, keeps its snapshots, and can be ensured again', async () => {
      const { workspaces, listSnapshots } = underTest()
      const dataset = newDataset()
      const path = await workspaces.ensure(dataset, signal)
      expect(await workspaces.listMounted()).toContain(dataset)
      const snapshot = `${dataset}@stop-1795472777000`
      await workspaces.snapshot(snapshot, signal)
      expect(await workspaces.release(dataset, signal)).toBe('released')
      expect(await workspaces.release(dataset, signal)).toBe('released')
      expect(await workspaces.listMounted()).not.toContain(dataset)
      expect(await workspaces.observe(dataset, snapshot, signal)).toEqual({
        kind: 'known',
        isMounted: false,
        snapshotTaken: true,
      })
      expect(await listSnapshots(dataset)).toEqual([snapshot])
      expect(await workspaces.ensure(dataset, signal)).toBe(path)
      expect(await workspaces.listMounted()).toContain(dataset)
    })

    test('a workspace at its quota can be tidied up and used again, with a snapshot of it too', async () => {
      const { workspaces, write, removeFiles } = underTest()
      for (const hasSnapshot of [false, true]) {
        const dataset = newDataset()
        await workspaces.ensure(dataset, signal, 32 * MIB)
        await expect(write(dataset, 64 * MIB)).rejects.toThrow()
        if (hasSnapshot) await workspaces.snapshot(`${dataset}@stop-1795472777000`, signal)
        await removeFiles(dataset)
        await eventually(() => write(dataset, 8 * MIB), { timeoutMs: 30_000 })
      }
    })

    test('a quota counts for a workspace that is made, and not for one that is there', async () => {
      const { workspaces, write } = underTest()
      const dataset = newDataset()
      await workspaces.ensure(dataset, signal)
      await workspaces.ensure(dataset, signal, MIB)
      await write(dataset, 8 * MIB)
    })

    test('what a person uses is all of their workspaces, and what only snapshots hold is known', async () => {
      const { workspaces, root, write, removeFiles } = underTest()
      const userId = randomUUID()
      const datasets = [randomUUID(), randomUUID()].map((id) => `${root}/${userId}/${id}`)
      for (const dataset of datasets) {
        await workspaces.ensure(dataset, signal)
        await write(dataset, 8 * MIB)
        await workspaces.snapshot(`${dataset}@stop-1795472777000`, signal)
      }
      const usage = await workspaces.measurePerson(userId, signal)
      expect(usage.usedBytes).toBeGreaterThanOrEqual(16 * MIB)
      expect(usage.usedBytes).toBeLessThan(20 * MIB)
      expect(usage.snapshotsBytes).toBeLessThan(MIB)
      const used = (await workspaces.measurePeople(signal)).get(userId)
      expect(used).toBeGreaterThanOrEqual(16 * MIB)
      expect(used).toBeLessThan(20 * MIB)
      await removeFiles(datasets[0] ?? '')
      await eventually(
        async () => {
          const { usedBytes, snapshotsBytes } = await workspaces.measurePerson(userId, signal)
          expect(snapshotsBytes).toBeGreaterThanOrEqual(8 * MIB)
          expect(usedBytes).toBeGreaterThanOrEqual(16 * MIB)
        },
        { timeoutMs: 60_000 },
      )
    })

    test('somebody without a workspace uses nothing', async () => {
      const { workspaces } = underTest()
      const userId = randomUUID()
      const nothing = { usedBytes: 0, snapshotsBytes: 0 }
      expect(await workspaces.measurePerson(userId, signal)).toEqual(nothing)
      expect((await workspaces.measurePeople(signal)).has(userId)).toBe(false)
    })

    test('what somebody uses is not asked about a name that is no id', async () => {
      const { workspaces } = underTest()
      await expect(workspaces.measurePerson('../etc', signal)).rejects.toThrow('not one that')
    })

    test('a workspace that is not mounted can be snapshotted', async () => {
      const { workspaces } = underTest()
      const dataset = newDataset()
      await workspaces.ensure(dataset, signal)
      await workspaces.release(dataset, signal)
      expect(await workspaces.snapshot(`${dataset}@death-1795472777000`, signal)).toBe('taken')
    })

    test('releasing a workspace that was never made is done', async () => {
      expect(await underTest().workspaces.release(newDataset(), signal)).toBe('released')
    })

    test.each([
      ['a parent directory', '/../etc'],
      ['an option', '/-rf'],
      ['a short name', '/abc'],
    ])('refuses %s as a name before any command is run', async (_note, suffix) => {
      const { workspaces, root } = underTest()
      const dataset = `${root}/${randomUUID()}${suffix}`
      await expect(workspaces.ensure(dataset, signal)).rejects.toThrow('not one that the server')
      await expect(workspaces.snapshot(`${dataset}@stop-1795472777000`, signal)).rejects.toThrow(
        'not one that the server',
      )
      await expect(workspaces.release(dataset, signal)).rejects.toThrow('not one that the server')
    })

    test('refuses a dataset outside its root', async () => {
      const { workspaces } = underTest()
      const dataset = `elsewhere/workspaces/${randomUUID()}/${randomUUID()}`
      await expect(workspaces.ensure(dataset, signal)).rejects.toThrow('not one that the server')
    })

    test('answers its check with the room of the pool', async () => {
      const { sizeBytes, availableBytes } = await underTest().workspaces.check(signal)
      expect(availableBytes).toBeGreaterThan(0)
      expect(sizeBytes).toBeGreaterThanOrEqual(availableBytes)
    })

    test('a call that is cancelled leaves the fact unknown', async () => {
      const { workspaces } = underTest()
      const dataset = newDataset()
      const fact = await workspaces.observe(
        dataset,
        `${dataset}@stop-1795472777000`,
        AbortSignal.abort(),
      )
      expect(fact.kind).toBe('unknown')
    })
  })
}
