import { expect, test } from 'vitest'
import { FAILURES } from './reasons.ts'

test.each([
  [null, 'ended by itself (no exit code)'],
  [3, 'ended by itself (exit code 3)'],
  [137, 'was killed, by a command in the session or from outside (exit code 137)'],
  [139, 'was ended by signal 11 (exit code 139)'],
  [255, 'ended because the host or its Docker server went down (exit code 255)'],
])('an end with code %s is told for what it is', (exitCode, how) => {
  expect(FAILURES.ended(exitCode).text).toBe(
    `The session's container ${how}. Your files are kept; launch a new session.`,
  )
})
