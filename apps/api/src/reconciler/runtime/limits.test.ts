import { expect, test } from 'vitest'
import { limitsOfLaunch } from './limits.ts'

const GIB = 1024 ** 3
const defaults = { cpus: 4, memoryBytes: 60 * GIB, shmBytes: null, pids: 2048 }

test('shared memory is a quarter of a session’s memory, unless somebody set it', () => {
  expect(limitsOfLaunch(defaults, {})).toEqual({ ...defaults, shmBytes: 15 * GIB })
  expect(limitsOfLaunch({ ...defaults, shmBytes: 2 * GIB }, {}).shmBytes).toBe(2 * GIB)
})

test('a person’s own limits take the place of everybody’s, and shared memory follows from them', () => {
  const own = { cpus: 8, memoryBytes: 20 * GIB }
  expect(limitsOfLaunch(defaults, own)).toEqual({ ...own, shmBytes: 5 * GIB, pids: 2048 })
  expect(limitsOfLaunch(defaults, { shmBytes: GIB }).shmBytes).toBe(GIB)
})
