import { describe, expect, test } from 'vitest'
import { displayNameKeys } from './display-name-keys.ts'

function areTwins(one: string, other: string): boolean {
  const [a, b] = [displayNameKeys(one), displayNameKeys(other)]
  return (
    a.display_name_skeleton.equals(b.display_name_skeleton) ||
    a.display_name_folded.equals(b.display_name_folded)
  )
}

describe(displayNameKeys, () => {
  test.each([
    ['case', 'Ada Lovelace', 'ADA lovelace'],
    ['case of Cyrillic, whose small letters look like others', 'ВОВА', 'вова'],
    ['the small letters of one capital', 'ΣΟΦΙΑΣ', 'σοφιας'],
    ['a letter whose capital is two', 'Weiß', 'WEISS'],
    ['a capital I and a small L', 'Ivan', 'lvan'],
    ['a digit and a letter', 'User 10', 'User lO'],
    ['an m and two letters', 'Kim', 'Kirn'],
    ['Cyrillic letters', 'Bob', 'Воb'],
    ['Cyrillic letters and case', 'PAUL', 'раul'],
    ['full width', 'Ada', 'Ａｄａ'],
    ['mathematical letters', 'Ada', '𝔸𝕕𝕒'],
    ['how an accent is written', 'Jos\u00e9', 'Jose\u0301'],
    ['a zero-width joiner', 'Ada', 'A\u200dda'],
    ['a soft hyphen', 'Ada', 'Ad\u00ada'],
    ['a filler', 'Ada', 'Ada\u3164'],
    ['a dot above a letter that has one', 'Alice', 'Ali\u0307ce'],
    ['a symbol that shows nothing', 'Ada', 'Ada\u{1d159}'],
    ['a filler of another script', 'Ada', 'A\u{16fe4}da'],
    ['kinds of blanks', 'Ada L', 'Ada\u00a0L'],
    ['kinds of hyphens', 'Anne-Marie', 'Anne‐Marie'],
    ['kinds of apostrophes', "O'Brien", 'O’Brien'],
  ])('takes names for the same that differ in %s', (_what, one, other) => {
    expect(areTwins(one, other)).toBe(true)
  })

  test.each([
    ['Kai', 'Kal'],
    ['Alia', 'Alla'],
    ['Jose', 'José'],
    ['Ali', 'Alí'],
    ['Ze', 'Że'],
    ['Ada Lovelace', 'AdaLovelace'],
    ['Ada', 'Ada 2'],
    ['李明', '李萌'],
    ['👩‍🔬👨‍🚀', '👩‍🔬👩‍🚀'],
  ])('tells %s from %s', (one, other) => {
    expect(areTwins(one, other)).toBe(false)
  })

  test('tells every generated number from every other', () => {
    const names = Array.from({ length: 9000 }, (_, index) => `Amber Heron ${1000 + index}`)
    const keys = names.map(displayNameKeys)
    for (const column of ['display_name_skeleton', 'display_name_folded'] as const) {
      expect(new Set(keys.map((key) => key[column].toString('hex'))).size).toBe(names.length)
    }
  })
})
