import type { FileRole, RowReader } from './checker.ts'
import { type FaultList, show } from './faults.ts'
import { parseReal } from './numbers.ts'
import type { Box, BoxSpec } from './spec.ts'

// Far beyond any image, and small enough that no area can overflow a double.
const COORDINATE_MAX = 1e9

type BoxField = keyof Box

export function createBoxRows(
  spec: BoxSpec,
  idCount: number,
  faults: FaultList,
  role: FileRole,
): RowReader {
  const names = spec.boxColumns
  const fields: BoxField[] = ['confidence', 'x', 'y', 'width', 'height']
  if (role === 'holdout') fields.shift()
  const images: (Box[] | null)[] = Array.from({ length: idCount }, () => null)
  // Ids with a row that says "nothing here": such a row stands alone.
  const nothing = new Set<number>()

  function readNumber(field: BoxField, text: string, row: number): number | null {
    const column = names[field]
    if (text === '') {
      const message = `Row ${row} has no ${show(column)}. For "nothing here", leave all ${fields.length} cells empty.`
      faults.add('empty_cell', message, row, column)
      return null
    }
    const value = parseReal(text)
    if (value === null) {
      faults.add('not_a_number', `Row ${row}: ${show(text)} is not a plain number.`, row, column)
      return null
    }
    const isSize = field === 'width' || field === 'height'
    if (field !== 'confidence' && Math.abs(value) > COORDINATE_MAX) {
      faults.add(
        'out_of_range',
        `Row ${row}: ${show(text)} is no position in an image.`,
        row,
        column,
      )
      return null
    }
    if (isSize && value <= 0) {
      faults.add('out_of_range', `Row ${row}: ${show(column)} must be above 0.`, row, column)
      return null
    }
    return value
  }

  function readBox(values: readonly (string | null)[], row: number): Box | null {
    const box: Box = { confidence: 1, x: 0, y: 0, width: 0, height: 0 }
    let isWhole = true
    fields.forEach((field, at) => {
      const text = values[at] ?? null
      const value = text === null ? null : readNumber(field, text, row)
      if (value === null) isWhole = false
      else box[field] = value
    })
    return isWhole ? box : null
  }

  return {
    columns: fields.map((field) => names[field]),
    read(index, values, row, id) {
      const saysNothing = values.every((value) => value === '')
      const box = saysNothing ? null : readBox(values, row)
      if (index < 0) return
      const before = images[index]
      if (before && (saysNothing || nothing.has(index))) faults.addId('duplicate_id', id, row)
      if (saysNothing) nothing.add(index)
      images[index] = before ?? []
      if (box) images[index].push(box)
    },
    has: (index) => images[index] !== null,
    finish: () => ({ kind: 'boxes', images: images.map((boxes) => boxes ?? []) }),
  }
}
