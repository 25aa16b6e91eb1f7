import { describe, expect, test } from 'vitest'
import { assertNote } from './switch.ts'

describe(assertNote, () => {
  test('refuses a note that would not be kept, before anything is computed', () => {
    expect(() => assertNote({})).not.toThrow()
    expect(() => assertNote({ note: '😀'.repeat(1000) })).not.toThrow()
    expect(() => assertNote({ note: 'x'.repeat(1001) })).toThrow('1001 characters')
  })
})
