import { expect, test } from 'vitest'
import { describeFailure, Failure } from './failure.ts'

test.each([false, true])('a failure sends no commands to the terminal (debug: %s)', (isDebug) => {
  const evil = '\u001b]0;owned\u0007\u009b2Jname\r\u202e'
  for (const error of [new Failure(evil, 'Do it\nagain.'), new Error(evil), evil]) {
    const text = describeFailure(error, isDebug)
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(text).toContain('name')
  }
  expect(describeFailure(new Failure('A.', 'Do it\nagain.'), false)).toBe('A. Do it\nagain.')
})
