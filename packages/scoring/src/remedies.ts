import type { Cause } from './faults.ts'
import { parseReal } from './numbers.ts'

/** What files that people really have get wrong in a cell or an id, recognised by its text and named with what to do. */

/** Spaces, no-break spaces, tabs: everything that is white in Unicode, and what is not seen at all. */
const BLANKS = /^[\s\u200b\ufeff]+|[\s\u200b\ufeff]+$/g

export function withoutBlanks(text: string): string {
  return text.replace(BLANKS, '')
}

/** Why a cell is no number, where the reason can be seen; `is` is what every other one gets. */
export function diagnoseNumber(
  text: string,
  is: string,
  isAccepted: (text: string) => boolean,
): Cause {
  const kind = 'not_a_number'
  const bare = withoutBlanks(text)
  if (bare !== text && isAccepted(bare)) {
    return { kind, is: 'has blanks around it', remedy: 'Take them out: in pandas, .str.strip().' }
  }
  if (/^[+-]?\d*,\d+$/.test(bare)) {
    const remedy = 'Write a point instead of the decimal comma: in pandas, to_csv(decimal=".").'
    return { kind, is: 'has a decimal comma', remedy }
  }
  if (/^[+-]?(nan|inf|infinity|null|none|na|n\/a|<na>)$/i.test(bare)) {
    return { kind, is, remedy: 'A value is missing or went wrong: in pandas, .fillna().' }
  }
  if (/^[+-]?[\d.]+ ?%$/.test(bare)) return { kind, is, remedy: 'Leave out the percent sign.' }
  return { kind, is }
}

/** Why a cell is none of the labels. */
export function diagnoseLabel(
  text: string,
  is: string,
  labels: { min: number; max: number },
  isAccepted: (text: string) => boolean,
): Cause {
  const bare = withoutBlanks(text)
  if (/^(true|false|yes|no)$/i.test(bare) && labels.min === 0 && labels.max === 1) {
    const remedy = 'Write 0 or 1: in pandas, .astype(int).'
    return { kind: 'not_a_number', is, remedy }
  }
  if (/^[[(]/.test(bare)) {
    return { kind: 'not_a_number', is, remedy: 'Write one label, the most probable: .argmax().' }
  }
  const value = parseReal(bare)
  if (value === null || bare !== text) return diagnoseNumber(text, is, isAccepted)
  if (/e/i.test(bare)) {
    const remedy = 'Write whole numbers: in pandas, .astype(int); in numpy, savetxt(fmt="%d").'
    return { kind: 'not_a_number', is: `${is} without an exponent`, remedy }
  }
  if (value > 0 && value < 1) {
    const remedy = 'A label is asked for, not a probability: write the most probable one.'
    return { kind: 'out_of_range', is, remedy }
  }
  return { kind: 'out_of_range', is }
}

const EXTENSION = /\.(dcm|dicom|png|jpe?g|tiff?|bmp|nii|gz|npy|csv|txt)$/i

/** An id as it would be without what programs add to it. */
function normalise(id: string): string {
  const name = withoutBlanks(id).split(/[/\\]/).at(-1) ?? ''
  let bare = name
  while (EXTENSION.test(bare)) bare = bare.replace(EXTENSION, '')
  const value = /^\d/.test(bare) ? parseReal(bare) : null
  if (value !== null && Number.isSafeInteger(value)) return String(value)
  return bare.toLowerCase()
}

export type Likeness = { id: string; cause: Cause }

/** Finds the id that an unknown one stands for. Looks at the ids of the competition when it is first asked. */
export function createLikenessFinder(ids: readonly string[]) {
  let known: Map<string, string | null> | null = null

  function index(): Map<string, string | null> {
    const found = new Map<string, string | null>()
    for (const id of ids) {
      const key = normalise(id)
      // Two ids that are alike stand for nothing.
      found.set(key, found.has(key) ? null : id)
    }
    return found
  }

  return (unknown: string): Likeness | null => {
    known ??= index()
    const id = known.get(normalise(unknown))
    if (!id) return null
    const kind = 'unknown_id'
    const asInSample = `Write ids as in the sample submission, ${JSON.stringify(id)}`
    const bare = withoutBlanks(unknown)
    if (bare !== unknown)
      return { id, cause: { kind, is: 'has blanks around it', remedy: `${asInSample}.` } }
    if (/[/\\]/.test(bare) || EXTENSION.test(bare) || EXTENSION.test(id)) {
      const is = EXTENSION.test(id) ? 'is no file name' : 'is the name of a file'
      return { id, cause: { kind, is, remedy: `${asInSample}.` } }
    }
    if (/^\d+$/.test(bare)) {
      const is = 'has more or fewer zeros in front than the ids of the sample submission'
      return {
        id,
        cause: { kind, is, remedy: `${asInSample}: in pandas, read ids with dtype=str.` },
      }
    }
    if (/^[\d.]+(e[+-]?\d+)?$/i.test(bare)) {
      const is = 'is a whole number written with decimals or an exponent'
      return { id, cause: { kind, is, remedy: `${asInSample}: in pandas, .astype(int).` } }
    }
    const is = 'is written in other upper or lower case'
    return { id, cause: { kind, is, remedy: `${asInSample}.` } }
  }
}
