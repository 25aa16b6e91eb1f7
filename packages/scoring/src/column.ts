import { FILE_LIMITS } from './checker.ts'
import { createCsvReader } from './csv.ts'

/** Every row of a file in memory, the header first, up to the first malformed line; `fault` names that. */
export function readRecords(bytes: Uint8Array): { records: string[][]; fault: string | null } {
  const records: string[][] = []
  const reader = createCsvReader(FILE_LIMITS, (record) => records.push(record))
  reader.write(bytes)
  return { records, fault: reader.end()?.message ?? null }
}

/** The cells of one column, in order, without the header; empty where the column is missing. Reads up to the first malformed line. */
export function readColumn(bytes: Uint8Array, name: string): string[] {
  const [header = [], ...rows] = readRecords(bytes).records
  const position = header.indexOf(name)
  // An empty line is no row: it may stand at the end.
  const isRow = (row: string[]) => row.length > 1 || header.length === 1
  return position < 0 ? [] : rows.filter(isRow).map((row) => row[position] ?? '')
}
