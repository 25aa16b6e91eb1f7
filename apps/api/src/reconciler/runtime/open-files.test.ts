import { expect, test } from 'vitest'
import { readOpenFilesLimit } from './open-files.ts'

const line = (hard: string) =>
  `Max processes 1 2 processes\nMax open files            1024                 ${hard}                files     \n`

test.each([
  { hard: '20000', limit: 20_000 },
  { hard: '1048576', limit: 65_536 },
  { hard: 'unlimited', limit: 65_536 },
])('a host that allows $hard open files gives a session $limit', ({ hard, limit }) => {
  expect(readOpenFilesLimit(line(hard))).toBe(limit)
})
