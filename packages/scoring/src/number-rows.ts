import type { FileRole, RowReader } from './checker.ts'
import { type Cause, type FaultList, show } from './faults.ts'
import { isPlain, parseReal, parseWhole } from './numbers.ts'
import { diagnoseNumber } from './remedies.ts'
import { isMetricOf, type NumberSpec } from './spec.ts'

/** What a column's numbers may be. */
type Range = { parse: (text: string) => number | null; min: number; max: number; meaning: string }

const DUPLICATE: Cause = { kind: 'duplicate_id', is: 'is there more than once' }
// So large that nothing measured reaches it, and small enough that no sum of squares overflows a double.
const VALUE_MAX = 1e50

const VALUE: Range = {
  parse: parseReal,
  min: -VALUE_MAX,
  max: VALUE_MAX,
  meaning: 'a number from -1e50 to 1e50',
}
const TIME: Range = { ...VALUE, min: 0, meaning: 'a time from 0 to 1e50' }
const PROBABILITY: Range = { parse: parseReal, min: 0, max: 1, meaning: 'a number from 0 to 1' }
const YES_OR_NO: Range = { parse: parseWhole, min: 0, max: 1, meaning: '0 or 1' }

export function createNumberRows(
  spec: NumberSpec,
  idCount: number,
  faults: FaultList,
  role: FileRole,
): RowReader {
  const isHoldout = role === 'holdout'
  const columns = (isHoldout && spec.holdoutColumns) || spec.targetColumns
  const tables = columns.map(() => new Float64Array(idCount))
  const seen = new Uint8Array(idCount)

  const rangeOf = (place: number): Range => {
    if (isMetricOf(spec.metric, 'probabilities')) return isHoldout ? YES_OR_NO : PROBABILITY
    if (!isHoldout || isMetricOf(spec.metric, 'values')) return VALUE
    return place === 0 ? TIME : YES_OR_NO
  }
  const ranges = columns.map((_, place) => rangeOf(place))

  function readNumber(place: number, text: string, row: number): number | null {
    const column = columns[place] ?? ''
    const { parse, min, max, meaning } = ranges[place] ?? VALUE
    if (text === '') {
      faults.addRow({ kind: 'empty_cell', is: `has no ${show(column)}` }, row, column)
      return null
    }
    const value = parse(text)
    const isInside = (one: number | null) => one !== null && one >= min && one <= max
    if (isInside(value)) return value
    const is = `is not ${meaning}`
    if (value === null && !isPlain(text)) {
      faults.addCell(
        diagnoseNumber(text, is, (bare) => isInside(parse(bare))),
        column,
        row,
        text,
      )
      return null
    }
    const isPercent = max === 1 && value !== null && value > 1 && value <= 100
    const remedy = isPercent ? { remedy: 'If these are percent, divide by 100.' } : {}
    faults.addCell({ kind: 'out_of_range', is, ...remedy }, column, row, text)
    return null
  }

  return {
    columns,
    read(index, values, row, id) {
      for (let place = 0; place < tables.length; place += 1) {
        const text = values[place] ?? null
        const value = text === null ? null : readNumber(place, text, row)
        if (value !== null && index >= 0) (tables[place] as Float64Array)[index] = value
      }
      if (index < 0) return
      if (seen[index] === 1) faults.addId(DUPLICATE, id, row)
      seen[index] = 1
    },
    has: (index) => seen[index] === 1,
    finish: () => ({ kind: 'numbers', columns: tables }),
  }
}
