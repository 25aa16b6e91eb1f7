import { describe, expect, test } from 'vitest'
import { makeDisplayName, parseDisplayName } from './display-name.ts'

describe(parseDisplayName, () => {
  test.each([
    ['Ada', 'Ada'],
    ['  Ada   Lovelace ', 'Ada Lovelace'],
    ['李明', '李明'],
    ['Jose\u0301', 'Jos\u00e9'],
    ['x'.repeat(40), 'x'.repeat(40)],
    ['👩‍🔬👨‍🚀', '👩‍🔬👨‍🚀'],
    ['O’Brien <b>', 'O’Brien <b>'],
  ])('takes %j as %j', (text, name) => {
    expect(parseDisplayName(text)).toEqual({ name })
  })

  test.each([
    ['nothing', ''],
    ['blanks', '     '],
    ['one character', 'x'],
    ['one emoji of many code points', '👩‍🔬'],
    ['one character and zero-width marks', 'x\u200b\u200b\u200d'],
    ['fillers', '\u3164\u3164\u3164'],
    ['fillers of other scripts', '\u{1d159}\u{16fe4}\u{1d159}'],
    ['41 characters', 'x'.repeat(41)],
    ['a line break', 'Ada\nLovelace'],
    ['text that turns around', 'Ada\u202eecalevoL'],
    ['a NUL', 'Ada\u0000x'],
    ['half a character', 'Ada\ud800'],
    ['towers of accents', `ab${'\u0301'.repeat(200)}`],
  ])('refuses %s', (_note, text) => {
    expect(parseDisplayName(text)).toHaveProperty('fault')
  })
})

describe(makeDisplayName, () => {
  test('makes names that it would accept', () => {
    for (let count = 0; count < 200; count += 1) {
      const name = makeDisplayName()
      expect(parseDisplayName(name)).toEqual({ name })
    }
  })
})
