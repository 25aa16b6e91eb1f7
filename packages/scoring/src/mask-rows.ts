import type { RowReader } from './checker.ts'
import type { Cause, FaultList } from './faults.ts'
import type { MaskSpec } from './spec.ts'

/** How public contests write a mask without pixels, beside an empty cell. */
const NOTHING = '-1'
const DUPLICATE: Cause = { kind: 'duplicate_id', is: 'is there more than once' }
const NO_RUNS: Cause = {
  kind: 'not_a_number',
  is: 'is no list of "first pixel, length" pairs',
  remedy: 'Write whole numbers with one space between them, and nothing for an empty mask.',
}
const SPACE = 0x20
const ZERO = 0x30

/** Runs are "first pixel, number of pixels, …", counted from 1; the order of pixels is the competition's. */
export function createMaskRows(spec: MaskSpec, idCount: number, faults: FaultList): RowReader {
  const { targetColumn, image } = spec
  const pixels = image.width * image.height
  const bounds = new Uint32Array(2 * idCount)
  const seen = new Uint8Array(idCount)
  let runs = new Uint32Array(1024)
  let used = 0

  function keep(from: number, to: number): void {
    if (used + 2 > runs.length) {
      const larger = new Uint32Array(runs.length * 2)
      larger.set(runs)
      runs = larger
    }
    runs[used++] = from
    runs[used++] = to
  }

  const outside = (is: string): Cause => ({ kind: 'out_of_range', is })

  /** @returns what is wrong with the runs, or null */
  function readRuns(text: string): Cause | null {
    const numbers = text === '' || text === NOTHING ? [] : readWholes(text)
    if (!numbers || numbers.length % 2 === 1) return NO_RUNS
    let before = 0
    for (let at = 0; at < numbers.length; at += 2) {
      const from = (numbers[at] as number) - 1
      const to = from + (numbers[at + 1] as number)
      if (from < before) {
        return from < 0
          ? outside('begins before pixel 1')
          : outside('has runs that overlap or do not ascend; sort them by their first pixel')
      }
      if (to === from) return outside('has a run of no pixels')
      if (to > pixels) return outside(`goes beyond pixel ${pixels}, the last of the image`)
      keep(from, to)
      before = to
    }
    return null
  }

  return {
    columns: [targetColumn],
    read(index, [text = null], row, id) {
      const from = used
      const wrong = text === null ? null : readRuns(text)
      if (wrong !== null) faults.addCell(wrong, targetColumn, row, text ?? '')
      if (index < 0) return
      if (seen[index] === 1) faults.addId(DUPLICATE, id, row)
      seen[index] = 1
      bounds[2 * index] = from
      bounds[2 * index + 1] = used
    },
    has: (index) => seen[index] === 1,
    finish: () => ({ kind: 'masks', runs: runs.subarray(0, used), bounds }),
  }
}

/** Whole numbers of at most ten digits with single spaces between them, or null. */
function readWholes(text: string): number[] | null {
  const numbers: number[] = []
  let value = 0
  let digits = 0
  for (let at = 0; at <= text.length; at += 1) {
    const code = at < text.length ? text.charCodeAt(at) : SPACE
    if (code === SPACE) {
      if (digits === 0 || digits > 10) return null
      numbers.push(value)
      value = 0
      digits = 0
    } else {
      const digit = code - ZERO
      if (digit < 0 || digit > 9) return null
      value = value * 10 + digit
      digits += 1
    }
  }
  return numbers
}
