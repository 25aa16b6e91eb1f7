import { randomInt } from 'node:crypto'
import { DISPLAY_NAME_MAX, DISPLAY_NAME_MIN } from '@medforge/contracts'
import { DomainError } from '../http/domain-error.ts'

const CODE_POINTS_MAX = 160
// Controls, line breaks, lone surrogates, private use, and marks that turn the direction of the text around the name.
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Bidi_Control}]/u
// A character that shows nothing: a blank, a zero-width mark, a filler.
const INVISIBLE = /^[\s\p{Default_Ignorable_Code_Point}\p{Cf}\u2800\u{1d159}\u{16fe4}]*$/u

const characters = new Intl.Segmenter('und', { granularity: 'grapheme' })

export type DisplayNameVerdict = { name: string } | { fault: string }

/**
 * The name as it is shown: NFC, trimmed, with single blanks inside. Counted in visible characters, so an emoji made of many code
 * points is one, and zero-width marks are none.
 */
export function parseDisplayName(text: string): DisplayNameVerdict {
  const name = text.normalize('NFC').trim().replace(/ {2,}/g, ' ')
  if (FORBIDDEN.test(name)) return { fault: 'must not contain control characters' }
  let visible = 0
  for (const { segment } of characters.segment(name)) if (!INVISIBLE.test(segment)) visible += 1
  if (
    visible < DISPLAY_NAME_MIN ||
    visible > DISPLAY_NAME_MAX ||
    [...name].length > CODE_POINTS_MAX
  ) {
    return { fault: `must have ${DISPLAY_NAME_MIN} to ${DISPLAY_NAME_MAX} visible characters` }
  }
  return { name }
}

/** Boards show names alone, so that no two of them may look the same. */
export function displayNameTaken(): DomainError {
  const msg = 'is taken, or looks like one that is'
  return new DomainError('display_name_taken', {
    detail:
      'Somebody here has this display name, or one that looks like it: case, look-alike letters and invisible characters make no difference. Choose another, or add something to it.',
    errors: [{ loc: ['body', 'display_name'], msg, type: 'value_error.display_name_taken' }],
  })
}

const ADJECTIVES = [
  'Amber',
  'Azure',
  'Bright',
  'Calm',
  'Clear',
  'Coral',
  'Crimson',
  'Gentle',
  'Golden',
  'Indigo',
  'Ivory',
  'Jade',
  'Lively',
  'Lunar',
  'Quiet',
  'Rapid',
  'Silver',
  'Steady',
  'Violet',
  'Vivid',
]
const NOUNS = [
  'Badger',
  'Birch',
  'Comet',
  'Condor',
  'Cedar',
  'Crane',
  'Falcon',
  'Fern',
  'Fox',
  'Harbor',
  'Heron',
  'Lark',
  'Maple',
  'Orca',
  'Otter',
  'Pine',
  'Raven',
  'River',
  'Sparrow',
  'Willow',
]

/** A neutral name for somebody who gave none, such as `Amber Heron 4821`; it reveals nothing about the person. */
export function makeDisplayName(): string {
  return `${pick(ADJECTIVES)} ${pick(NOUNS)} ${randomInt(1000, 10_000)}`
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? ''
}
