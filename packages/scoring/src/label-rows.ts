import type { RowReader } from './checker.ts'
import { type Cause, type FaultList, show } from './faults.ts'
import { parseStoredWhole, parseWhole } from './numbers.ts'
import { diagnoseLabel } from './remedies.ts'
import type { LabelSpec } from './spec.ts'

const UNSEEN = -1
const SEEN = -2
const DUPLICATE: Cause = { kind: 'duplicate_id', is: 'is there more than once' }

/** @param isStored  the file was accepted before, by the grammar of then */
export function createLabelRows(
  spec: LabelSpec,
  idCount: number,
  faults: FaultList,
  isStored: boolean,
): RowReader {
  const { targetColumn, labels, accepts } = spec
  const table = new Int32Array(idCount)
  const seen = new Int8Array(idCount).fill(UNSEEN)
  const names = new Map(accepts?.labelNames?.map((name, place) => [name, labels.min + place]))
  const isNone = `is no whole number from ${labels.min} to ${labels.max}${names.size > 0 ? ', and no name of a label' : ''}`
  const empty: Cause = { kind: 'empty_cell', is: `has no ${show(targetColumn)}` }
  const tooHigh: Cause = { kind: 'out_of_range', is: isNone }
  // Whether the file counts its labels from one more than the competition does.
  let hasLowest = false
  let isOneTooHigh = true
  let outside = 0

  function parse(text: string): number | null {
    const value = isStored ? parseStoredWhole(text) : parseWhole(text)
    return value ?? names.get(text) ?? null
  }
  const isLabel = (value: number | null) =>
    value !== null && value >= labels.min && value <= labels.max

  function readLabel(text: string, row: number): number | null {
    if (text === '') {
      faults.addRow(empty, row, targetColumn)
      return null
    }
    const value = parse(text)
    if (value === labels.min) hasLowest = true
    if (isLabel(value)) return value
    outside += 1
    if (value !== labels.max + 1) isOneTooHigh = false
    const cause = diagnoseLabel(text, isNone, labels, (bare) => isLabel(parse(bare)))
    faults.addCell(cause, targetColumn, row, text)
    return null
  }

  return {
    columns: [targetColumn],
    read(index, [text = null], row, id) {
      const label = text === null ? null : readLabel(text, row)
      if (index < 0) return
      if (seen[index] === SEEN) faults.addId(DUPLICATE, id, row)
      seen[index] = SEEN
      if (label !== null) table[index] = label
    },
    has: (index) => seen[index] === SEEN,
    finish() {
      if (outside > 0 && isOneTooHigh && !hasLowest) {
        const remark = `Labels begin at ${labels.min} here, and in this file one later: subtract 1 from each.`
        faults.remark(tooHigh, targetColumn, remark)
      }
      return { kind: 'labels', labels: table }
    },
  }
}
