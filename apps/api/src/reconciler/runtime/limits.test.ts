import { expect, test } from 'vitest'
import { limitsOfLaunch } from './limits.ts'

const GIB = 1024 ** 3

test('shared memory is a quarter of a session’s memory, unless somebody set it', () => {
  const defaults = { cpus: 4, memoryBytes: 60 * GIB, shmBytes: null, pids: 2048 }
  expect(limitsOfLaunch(defaults)).toEqual({ ...defaults, shmBytes: 15 * GIB })
  expect(limitsOfLaunch({ ...defaults, shmBytes: 2 * GIB }).shmBytes).toBe(2 * GIB)
})
