import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Box, MaskTable, NumberTable, Table } from '@medforge/scoring'

/** Bytes for each id. Two different predictions have the same 16 bits once in 65,536, except labels below that number, which are compared exactly. */
const ROW_BYTES = 2
// Far more ids than any file has.
const BYTES_MAX = 4 * 1024 * 1024

/** What a file predicts, two bytes an id in the order of the sample submission, packed. Holds nothing of the holdout. */
export function fingerprintOf(table: Table): Buffer {
  const rows = hashRows(table)
  return deflateRawSync(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength))
}

function hashRows(table: Table): Uint16Array {
  switch (table.kind) {
    case 'labels':
      return Uint16Array.from(table.labels, hashLabel)
    case 'boxes':
      return Uint16Array.from(table.images, hashBoxes)
    case 'numbers':
      return hashNumberRows(table)
    case 'masks':
      return hashMasks(table)
  }
}

function hashNumberRows({ columns }: NumberTable): Uint16Array {
  const rows = columns[0]?.length ?? 0
  return Uint16Array.from({ length: rows }, (_, row) =>
    // Adding 0 makes -0 the 0 that it equals.
    hashNumbers(columns.map((column) => (column[row] ?? 0) + 0)),
  )
}

function hashMasks({ runs, bounds }: MaskTable): Uint16Array {
  return Uint16Array.from({ length: bounds.length / 2 }, (_, image) =>
    hashNumbers(runs.subarray(bounds[2 * image], bounds[2 * image + 1])),
  )
}

/**
 * In how many ids two files differ, counted no further than `limit` + 1.
 *
 * @returns null when they are not about the same ids
 */
export function countChangedRows(one: Buffer, other: Buffer, limit: number): number | null {
  const [a, b] = [unpack(one), unpack(other)]
  if (a.length !== b.length) return null
  let changed = 0
  for (let at = 0; at < a.length && changed <= limit; at += ROW_BYTES) {
    if (a[at] !== b[at] || a[at + 1] !== b[at + 1]) changed += 1
  }
  return changed
}

function unpack(packed: Buffer): Buffer {
  return inflateRawSync(packed, { maxOutputLength: BYTES_MAX })
}

function hashLabel(label: number): number {
  return label >= 0 && label <= 0xffff ? label : hashNumbers([label])
}

/** A move of less than this (in pixels) changes no overlap that matters. */
const BOX_STEP = 0.25

/** The boxes in the order in which they choose, and nothing of how confident each is: that alone changes no score. */
function hashBoxes(boxes: readonly Box[]): number {
  const inOrder = boxes.toSorted((a, b) => b.confidence - a.confidence)
  return hashNumbers(
    inOrder.flatMap(({ x, y, width, height }) =>
      // Adding 0 makes -0 the 0 that it equals.
      [x, y, width, height].map((value) => Math.round(value / BOX_STEP) + 0),
    ),
  )
}

/** FNV-1a, folded to 16 bits. */
function hashNumbers(numbers: ArrayLike<number>): number {
  let hash = 0x811c9dc5
  for (const byte of new Uint8Array(Float64Array.from(numbers).buffer)) {
    hash = Math.imul(hash ^ byte, 0x01000193)
  }
  return ((hash >>> 16) ^ hash) & 0xffff
}
