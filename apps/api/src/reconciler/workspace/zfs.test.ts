import { describe, expect, test } from 'vitest'
import { createZfsWorkspaces } from './zfs.ts'

const ROOT = 'tank/medforge/workspaces'
const USER = '00000000-0000-4000-8000-00000000000a'
const { signal } = new AbortController()

describe(createZfsWorkspaces, () => {
  test('gives a measurement, which lists many datasets, more time than a launch’s command', async () => {
    const limits: number[] = []
    const workspaces = createZfsWorkspaces({
      root: ROOT,
      async run(_file, _args, { limitMs }) {
        limits.push(limitMs)
        return { exitCode: 0, stdout: '', stderr: '' }
      },
    })
    await workspaces.snapshot(`${ROOT}/${USER}/${USER}@stop-1795472777000`, signal)
    await workspaces.measurePeople(signal)
    await workspaces.measurePerson(USER, signal)
    expect(limits).toEqual([10_000, 60_000, 60_000])
  })
})
