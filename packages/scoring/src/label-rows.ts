import type { RowReader } from './checker.ts'
import { parseDecimal } from './decimal.ts'
import { type FaultList, show } from './faults.ts'
import type { LabelSpec } from './spec.ts'

const UNSEEN = -1
const SEEN = -2

export function createLabelRows(spec: LabelSpec, idCount: number, faults: FaultList): RowReader {
  const { targetColumn, labels } = spec
  const table = new Int32Array(idCount)
  const seen = new Int8Array(idCount).fill(UNSEEN)

  function readLabel(text: string, row: number): number | null {
    if (text === '') {
      faults.add('empty_cell', `Row ${row} has no ${show(targetColumn)}.`, row, targetColumn)
      return null
    }
    const value = parseDecimal(text)
    if (value === null) {
      const message = `Row ${row}: ${show(text)} is not a plain number.`
      faults.add('not_a_number', message, row, targetColumn)
      return null
    }
    if (!Number.isInteger(value) || value < labels.min || value > labels.max) {
      const message = `Row ${row}: ${show(text)} is not a whole number from ${labels.min} to ${labels.max}.`
      faults.add('out_of_range', message, row, targetColumn)
      return null
    }
    return value
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
    finish: () => ({ metric: 'accuracy', labels: table }),
  }
}
