import { DISPLAY_NAME_MAX } from '@medforge/contracts'

const characters = new Intl.Segmenter('und', { granularity: 'grapheme' })

/** A name, and then the same with a visible number: `Ada`, `Ada (2)`, `Ada (3)`, … as long as one is asked for, none too long. */
export function* numberedNames(name: string): Generator<string, never> {
  yield name
  const letters = Array.from(characters.segment(name), ({ segment }) => segment)
  for (let number = 2; ; number += 1) {
    const suffix = ` (${number})`
    yield `${letters
      .slice(0, DISPLAY_NAME_MAX - suffix.length)
      .join('')
      .trimEnd()}${suffix}`
  }
}
