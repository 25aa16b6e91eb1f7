import { createHash } from 'node:crypto'
import { isDuplicateKey } from '../transaction.ts'
import { CONFUSABLES } from './confusables.ts'

const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\u2800\u{1d159}\u{16fe4}]/gu
// Its own dot gives way to this one.
const SECOND_DOT = /(\p{Soft_Dotted})\u0307/gu

/** The two unique columns of a name. Whoever inserts or renames a user writes both. */
export type DisplayNameKeys = { display_name_skeleton: Buffer; display_name_folded: Buffer }

/**
 * What two display names share when people cannot tell them apart: the first where they look alike as they are written (`lvan` and
 * `Ivan`, a Cyrillic `В` and a `B`), the second where they look alike in one case (`ivan` and `Ivan`). One key for both would take
 * `6` for `o`: look-alikes and cases chain.
 *
 * @see https://www.unicode.org/reports/tr39/#Confusable_Detection
 */
export function displayNameKeys(name: string): DisplayNameKeys {
  const visible = name.normalize('NFKC').replace(INVISIBLE, '').replace(/\s+/g, ' ').trim()
  const shown = visible.normalize('NFD').replace(SECOND_DOT, '$1').normalize('NFC')
  return {
    display_name_skeleton: digest(foldCase(skeletonOf(shown))),
    display_name_folded: digest(skeletonOf(foldCase(shown))),
  }
}

/** Whether an insert or update was refused because somebody has this name, or one that looks like it. */
export function isDisplayNameTaken(error: unknown): boolean {
  return (
    isDuplicateKey(error, 'users_display_name_skeleton') ||
    isDuplicateKey(error, 'users_display_name_folded')
  )
}

const prototypes = new Map<string, string>()
for (const entry of CONFUSABLES.replace(/,\s/g, ',').trim().split(/\s/)) {
  const [lookAlikes = '', prototype = ''] = entry.split('>')
  for (const each of lookAlikes.split(',')) prototypes.set(textOf(each), textOf(prototype))
}

function textOf(codePoints: string): string {
  return codePoints
    .split('+')
    .map((hex) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .join('')
}

function skeletonOf(text: string): string {
  const characters = [...text.normalize('NFD')]
  return characters
    .map((character) => prototypes.get(character) ?? character)
    .join('')
    .normalize('NFD')
}

/** Each character for itself, because a sigma at the end of a word has a small letter of its own; twice, because of `ẞ` and `ß`. */
function foldCase(text: string): string {
  return [...text].map((character) => character.toLowerCase().toUpperCase().toLowerCase()).join('')
}

/** Normalization makes a name several times as long, and a unique key has its limit. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
