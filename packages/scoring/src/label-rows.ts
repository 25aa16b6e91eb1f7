import type { RowReader } from './checker.ts'
import { type FaultList, show } from './faults.ts'
import { isPlain, parseReal, parseStoredWhole, parseWhole } from './numbers.ts'
import type { LabelSpec } from './spec.ts'

const UNSEEN = -1
const SEEN = -2

/** @param isStored  the file was accepted before, by the grammar of then */
export function createLabelRows(
  spec: LabelSpec,
  idCount: number,
  faults: FaultList,
  isStored: boolean,
): RowReader {
  const { targetColumn, labels } = spec
  const table = new Int32Array(idCount)
  const seen = new Int8Array(idCount).fill(UNSEEN)

  function readLabel(text: string, row: number): number | null {
    if (text === '') {
      faults.add('empty_cell', `Row ${row} has no ${show(targetColumn)}.`, row, targetColumn)
      return null
    }
    const value = isStored ? parseStoredWhole(text) : parseWhole(text)
    if (value !== null && value >= labels.min && value <= labels.max) return value
    const kind = isPlain(text) ? 'out_of_range' : 'not_a_number'
    const how = kind === 'not_a_number' && parseReal(text) !== null ? ' without an exponent' : ''
    const message = `Row ${row}: ${show(text)} is not a whole number from ${labels.min} to ${labels.max}${how}.`
    faults.add(kind, message, row, targetColumn)
    return null
  }

  return {
    columns: [targetColumn],
    read(index, [text = null], row, id) {
      const label = text === null ? null : readLabel(text, row)
      if (index < 0) return
      if (seen[index] === SEEN) faults.addId('duplicate_id', id, row)
      seen[index] = SEEN
      if (label !== null) table[index] = label
    },
    has: (index) => seen[index] === SEEN,
    finish: () => ({ kind: 'labels', labels: table }),
  }
}
