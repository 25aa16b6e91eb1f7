import type { FileRole, RowReader } from './checker.ts'
import { type Cause, type FaultList, show } from './faults.ts'
import { parseReal } from './numbers.ts'
import { diagnoseNumber } from './remedies.ts'
import type { Box, BoxSpec } from './spec.ts'

// Far beyond any image, and small enough that no area can overflow a double.
const COORDINATE_MAX = 1e9

type BoxField = keyof Box

const FIELDS: readonly BoxField[] = ['confidence', 'x', 'y', 'width', 'height']
const DUPLICATE: Cause = { kind: 'duplicate_id', is: 'is there more than once' }
const NO_POSITION: Cause = { kind: 'out_of_range', is: 'is no position in an image' }
const NO_SIZE: Cause = { kind: 'out_of_range', is: 'is no size: it must be above 0' }
const NOT_FIVE: Cause = {
  kind: 'not_a_number',
  is: 'is no list of "confidence x y width height"',
  remedy: 'Each box is five numbers with a space between them; an empty cell says "nothing here".',
}

export function createBoxRows(
  spec: BoxSpec,
  idCount: number,
  faults: FaultList,
  role: FileRole,
): RowReader {
  const names = spec.boxColumns
  const fields = role === 'holdout' ? FIELDS.slice(1) : FIELDS
  const images = createImages(idCount, faults)
  const asEmpty = `For "nothing here", leave all ${fields.length} cells empty.`

  return {
    columns: fields.map((field) => names[field]),
    read(index, values, row, id) {
      const saysNothing = values.every((value) => value === '')
      const isZero =
        !saysNothing && values.every((value) => value !== null && parseReal(value) === 0)
      if (isZero) {
        const zeros: Cause = { kind: 'out_of_range', is: 'is no size', remedy: asEmpty }
        faults.addCell(zeros, names.width, row, '0')
      }
      const box =
        saysNothing || isZero
          ? null
          : readBox(fields, values, (field, text) => {
              const column = names[field]
              if (text !== '') return readNumber(field, text, column, row, faults)
              const is = `has no ${show(column)}`
              faults.addRow({ kind: 'empty_cell', is, remedy: asEmpty }, row, column)
              return null
            })
      images.add(index, id, row, saysNothing, box)
    },
    has: images.has,
    finish: images.finish,
  }
}

/** Boxes as public contests write them: all of an image in one cell. */
export function createPredictionRows(
  column: string,
  idCount: number,
  faults: FaultList,
): RowReader {
  const images = createImages(idCount, faults)
  return {
    columns: [column],
    read(index, [text = null], row, id) {
      const numbers = (text ?? '').split(' ').filter((part) => part !== '')
      const isWhole = numbers.length % FIELDS.length === 0
      if (!isWhole) faults.addCell(NOT_FIVE, column, row, text ?? '')
      const boxes: (Box | null)[] = []
      for (let at = 0; isWhole && at < numbers.length; at += FIELDS.length) {
        const read = (field: BoxField, part: string) => readNumber(field, part, column, row, faults)
        boxes.push(readBox(FIELDS, numbers.slice(at, at + FIELDS.length), read))
      }
      if (images.has(index)) faults.addId(DUPLICATE, id, row)
      else images.add(index, id, row, boxes.length === 0, null)
      for (const box of boxes) images.add(index, id, row, false, box)
    },
    has: images.has,
    finish: images.finish,
  }
}

function createImages(idCount: number, faults: FaultList) {
  const images: (Box[] | null)[] = Array.from({ length: idCount }, () => null)
  // Ids with a row that says "nothing here": such a row stands alone.
  const nothing = new Set<number>()
  return {
    add(index: number, id: string, row: number, saysNothing: boolean, box: Box | null): void {
      if (index < 0) return
      const before = images[index]
      if (before && (saysNothing || nothing.has(index))) faults.addId(DUPLICATE, id, row)
      if (saysNothing) nothing.add(index)
      images[index] = before ?? []
      if (box) images[index].push(box)
    },
    has: (index: number) => (images[index] ?? null) !== null,
    finish: () => ({ kind: 'boxes' as const, images: images.map((boxes) => boxes ?? []) }),
  }
}

function readBox(
  fields: readonly BoxField[],
  values: readonly (string | null)[],
  read: (field: BoxField, text: string) => number | null,
): Box | null {
  const box: Box = { confidence: 1, x: 0, y: 0, width: 0, height: 0 }
  let isWhole = true
  fields.forEach((field, at) => {
    const text = values[at] ?? null
    const value = text === null ? null : read(field, text)
    if (value === null) isWhole = false
    else box[field] = value
  })
  return isWhole ? box : null
}

function readNumber(
  field: BoxField,
  text: string,
  column: string,
  row: number,
  faults: FaultList,
): number | null {
  const value = parseReal(text)
  if (value === null) {
    const isAccepted = (bare: string) => parseReal(bare) !== null
    faults.addCell(diagnoseNumber(text, 'is no plain number', isAccepted), column, row, text)
    return null
  }
  const isSize = field === 'width' || field === 'height'
  if (field !== 'confidence' && Math.abs(value) > COORDINATE_MAX) {
    faults.addCell(NO_POSITION, column, row, text)
    return null
  }
  if (isSize && value <= 0) {
    faults.addCell(NO_SIZE, column, row, text)
    return null
  }
  return value
}
