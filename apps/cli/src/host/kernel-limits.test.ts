import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  findLowLimits,
  KERNEL_LIMITS,
  raiseKernelLimits,
  readKernelLimits,
} from './kernel-limits.ts'

test('a limit that is too low is raised, now and at every boot, and a higher one stays', () => {
  const root = mkdtempSync(join(tmpdir(), 'medforge-sysctl-'))
  mkdirSync(join(root, 'fs/inotify'), { recursive: true })
  writeFileSync(join(root, 'fs/inotify/max_user_instances'), '128\n')
  writeFileSync(join(root, 'fs/inotify/max_user_watches'), '99999999\n')
  writeFileSync(join(root, 'fs/pipe-user-pages-soft'), '16384\n')
  const file = join(root, 'sysctl.d/60-medforge.conf')
  expect(raiseKernelLimits({ root, file })).toEqual({
    raised: ['fs.inotify.max_user_instances', 'fs.pipe-user-pages-soft'],
    refused: [],
  })
  expect(readKernelLimits(root)).toEqual({
    ...KERNEL_LIMITS,
    'fs.inotify.max_user_watches': 99_999_999,
  })
  expect(readFileSync(file, 'utf8')).toContain('\nfs.inotify.max_user_instances = 8192\n')
  expect(raiseKernelLimits({ root, file }).raised).toEqual([])
})

test('a limit that the host does not let anybody change is named', () => {
  const root = mkdtempSync(join(tmpdir(), 'medforge-sysctl-'))
  const { refused } = raiseKernelLimits({ root, file: join(root, 'file') })
  expect(refused).toEqual(Object.keys(KERNEL_LIMITS))
})

test('no soft limit at all is not a low one', () => {
  expect(findLowLimits({ ...KERNEL_LIMITS, 'fs.pipe-user-pages-soft': 0 })).toEqual([])
  expect(findLowLimits({ ...KERNEL_LIMITS, 'fs.inotify.max_user_instances': 0 })).toHaveLength(1)
})
