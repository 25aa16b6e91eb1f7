import { createBoxRows } from './box-rows.ts'
import { createCsvReader } from './csv.ts'
import { createFaultList, type Fault, type FaultList, show } from './faults.ts'
import { findUnscorable } from './holdout-rules.ts'
import { createLabelRows } from './label-rows.ts'
import { createMaskRows } from './mask-rows.ts'
import { createNumberRows } from './number-rows.ts'
import type { ExpectedIds, SubmissionSpec, Table } from './spec.ts'

export type CheckResult =
  | { ok: true; table: Table }
  | {
      ok: false
      /** At most 50: those of the header, then those of ids, then the others in the order of the file. */
      faults: Fault[]
      /** All of them, each id counted. */
      total: number
      /** Sorted. */
      missingColumns: string[]
    }

/** `holdout` files hold the truth: no confidence column, 0 or 1 for a probability, and something that can be scored. */
export type FileRole = 'submission' | 'holdout'

export type CheckOptions = {
  /** It was accepted before, and is read by the grammar that accepted it. */
  isStored?: boolean
}

/** Takes a file piece by piece, so that neither memory nor the event loop depends on its size. */
export interface Checker {
  write(chunk: Uint8Array): void
  end(): CheckResult
}

/** Turns the rows of one kind of file into a table. */
export interface RowReader {
  /** Beside the id column. */
  columns: readonly string[]
  /** @param values  one a column, in their order; null where the header lacks the column */
  read(index: number, values: readonly (string | null)[], row: number, id: string): void
  /** @returns whether the id at this place occurred */
  has(index: number): boolean
  finish(): Table
}

/** Roomy for every honest file, and what keeps a hostile one small. */
export const FILE_LIMITS = { recordBytesMax: 65_536, columnsMax: 1000, recordsMax: 500_000 }
const HEADER_CELLS_SHOWN = 8

export function createChecker(
  spec: SubmissionSpec,
  expected: ExpectedIds,
  { role = 'submission', isStored = false }: CheckOptions & { role?: FileRole } = {},
): Checker {
  const faults = createFaultList(spec.idColumn)
  const rows = createRows(spec, expected.ids.length, faults, { role, isStored })
  const required = [spec.idColumn, ...rows.columns]
  const missingColumns: string[] = []
  /** Where the header has each column; -1 where it does not. */
  let positions: { id: number; others: number[] } | null = null
  let headerLength = 0

  function readHeader(cells: string[]): void {
    headerLength = cells.length
    const position = (name: string) => cells.indexOf(name)
    positions = { id: position(spec.idColumn), others: rows.columns.map(position) }
    for (const name of required) {
      const found = cells.filter((cell) => cell === name).length
      if (found === 0) missingColumns.push(name)
      if (found > 1) {
        faults.add('duplicate_column', `Column ${show(name)} is there ${found} times.`, 1, name)
      }
    }
    missingColumns.sort()
    for (const name of missingColumns) {
      faults.add(
        'missing_column',
        `Column ${show(name)} is missing. ${describeHeader(cells)}`,
        1,
        name,
      )
    }
  }

  function readRow(cells: string[], row: number, at: NonNullable<typeof positions>): void {
    const id = at.id < 0 ? undefined : cells[at.id]
    const index = id === undefined || id === '' ? undefined : expected.indexOf.get(id)
    if (id === '' && cells.length > 1) {
      faults.add('empty_cell', `Row ${row} has no ${show(spec.idColumn)}.`, row, spec.idColumn)
    } else if (id && index === undefined) {
      faults.addId('unknown_id', id, row)
    }
    const hasRightLength = checkLength(cells, row)
    // A row that was refused still shows that its id is there, so that one fault is not reported twice.
    const values = at.others.map((other) =>
      other < 0 || !hasRightLength ? null : (cells[other] ?? null),
    )
    rows.read(index ?? -1, values, row, id ?? '')
  }

  function checkLength(cells: string[], row: number): boolean {
    if (cells.length === headerLength) return true
    const isEmpty = cells.length === 1 && cells[0] === ''
    const what = isEmpty
      ? `Row ${row} is empty.`
      : `Row ${row} has ${cells.length} cells, the header ${headerLength}.`
    faults.add(cells.length < headerLength ? 'short_row' : 'long_row', what, row, null)
    return false
  }

  const reader = createCsvReader(FILE_LIMITS, (cells, line) => {
    if (positions) readRow(cells, line, positions)
    else readHeader(cells)
  })

  return {
    write(chunk) {
      reader.write(chunk)
    },
    end() {
      const malformed = reader.end()
      if (malformed) {
        faults.add('malformed_csv', malformed.message, malformed.line, null)
      } else if (!positions) {
        missingColumns.push(...required.toSorted())
        faults.add('empty_file', 'The file is empty.', null, null)
      } else if (positions.id !== -1) {
        expected.ids.forEach((id, index) => {
          if (!rows.has(index)) faults.addId('missing_id', id, null)
        })
      }
      const table = rows.finish()
      if (role === 'holdout' && faults.count() === 0) {
        const unscorable = findUnscorable(spec, table)
        if (unscorable !== null) faults.add('unscorable', unscorable, null, null)
      }
      if (faults.count() === 0) return { ok: true, table }
      return { ok: false, faults: faults.list(), total: faults.count(), missingColumns }
    },
  }
}

function createRows(
  spec: SubmissionSpec,
  idCount: number,
  faults: FaultList,
  { role, isStored }: { role: FileRole; isStored: boolean },
): RowReader {
  if ('labels' in spec) return createLabelRows(spec, idCount, faults, isStored)
  if ('boxColumns' in spec) return createBoxRows(spec, idCount, faults, role)
  if ('image' in spec) return createMaskRows(spec, idCount, faults)
  return createNumberRows(spec, idCount, faults, role)
}

/** Check a file that is in memory as a whole. */
export function checkSubmission(
  spec: SubmissionSpec,
  expected: ExpectedIds,
  bytes: Uint8Array,
  options: CheckOptions = {},
): CheckResult {
  return checkWhole(createChecker(spec, expected, options), bytes)
}

/** Check a `holdout_labels.csv`: as a submission, without confidences. */
export function checkHoldout(
  spec: SubmissionSpec,
  expected: ExpectedIds,
  bytes: Uint8Array,
  options: CheckOptions = {},
): CheckResult {
  return checkWhole(createChecker(spec, expected, { ...options, role: 'holdout' }), bytes)
}

function checkWhole(checker: Checker, bytes: Uint8Array): CheckResult {
  checker.write(bytes)
  return checker.end()
}

function describeHeader(cells: string[]): string {
  const shown = cells.slice(0, HEADER_CELLS_SHOWN).map(show).join(', ')
  const more = cells.length > HEADER_CELLS_SHOWN ? ', …' : ''
  return `The first line has ${shown}${more}; names must match exactly, upper and lower case included.`
}
