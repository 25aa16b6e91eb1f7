import { NOTE_MAX } from '@medforge/contracts'

/** A note as it is kept: one line; null where it is blank, undefined where it has more than `NOTE_MAX` characters. */
export function cleanNote(text: string): string | null | undefined {
  const line = text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
  if ([...line].length > NOTE_MAX) return undefined
  return line === '' ? null : line
}
