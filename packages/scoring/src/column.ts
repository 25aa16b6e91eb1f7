import { FILE_LIMITS } from './checker.ts'
import { createCsvReader } from './csv.ts'

/** The cells of one column, in order, without the header; empty where the column is missing. Reads up to the first malformed line. */
export function readColumn(bytes: Uint8Array, name: string): string[] {
  const cells: string[] = []
  let position: number | null = null
  const reader = createCsvReader(FILE_LIMITS, (record) => {
    if (position === null) position = record.indexOf(name)
    else if (position >= 0) cells.push(record[position] ?? '')
  })
  reader.write(bytes)
  reader.end()
  return cells
}
