import { createBoxRows, createPredictionRows } from './box-rows.ts'
import { type CellFlaw, createCsvReader } from './csv.ts'
import { type Cause, createFaultList, type Fault, type FaultList, show } from './faults.ts'
import { findColumn, refuseForeignHeader, refuseMissingColumns } from './header.ts'
import { findUnscorable } from './holdout-rules.ts'
import { createLabelRows } from './label-rows.ts'
import { createMaskRows } from './mask-rows.ts'
import { createNumberRows } from './number-rows.ts'
import { createLikenessFinder } from './remedies.ts'
import type { ExpectedIds, SubmissionSpec, Table } from './spec.ts'

export type CheckResult =
  | { ok: true; table: Table }
  | {
      ok: false
      /** At most 50, each kind once: those of the header, then those of ids, then the others by their first places. */
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

const NOT_UTF8: Cause = {
  kind: 'malformed_csv',
  is: 'has bytes that are not UTF-8',
  remedy: 'Save the file with the encoding UTF-8; this may be Latin-1 or Windows-1252.',
}
const STRAY_QUOTE: Cause = {
  kind: 'malformed_csv',
  is: 'has a quote inside a cell that is not quoted',
  remedy: 'Put the whole cell in quotes and write the quote twice.',
}
const UNKNOWN: Cause = { kind: 'unknown_id', is: 'is not in the sample submission' }
const ROW_NUMBER: Cause = {
  kind: 'unknown_id',
  is: 'is the number of a row and not in the sample submission',
  remedy: 'Is this the index of pandas? Write the file with to_csv(index=False).',
}
const MISSING: Cause = { kind: 'missing_id', is: 'is missing' }
const BLANK_LINE: Cause = {
  kind: 'blank_line',
  is: 'is empty',
  remedy: 'Take empty lines between rows out: in Python, open the file with newline="".',
}
const SHORT: Cause = { kind: 'short_row', is: 'has fewer cells than the header' }
const LONG: Cause = {
  kind: 'long_row',
  is: 'has more cells than the header',
  remedy: 'Are there decimal commas, or texts with commas without quotes?',
}

/** Where the header has what is read; -1 where it does not. */
type Positions = {
  id: number
  others: number[]
  length: number
  /** The last place that counts; whatever follows is ignored. */
  last: number
}

export function createChecker(
  spec: SubmissionSpec,
  expected: ExpectedIds,
  { role = 'submission', isStored = false }: CheckOptions & { role?: FileRole } = {},
): Checker {
  const faults = createFaultList(spec.idColumn)
  const findLikeness = createLikenessFinder(expected.ids)
  let rows = createRows(spec, expected.ids.length, faults, { role, isStored })
  const missingColumns: string[] = []
  let positions: Positions | null = null
  // What follows a first line that is no header says nothing more.
  let isForeign = false
  let blankLines: number[] = []
  let knownIds = 0

  function readHeader(cells: string[]): void {
    const isThere = (column: string) => findColumn(spec, cells, column) >= 0
    const packed = role === 'submission' ? spec.accepts?.predictionStringColumn : undefined
    if (packed !== undefined && isThere(packed) && !rows.columns.some(isThere)) {
      rows = createPredictionRows(packed, expected.ids.length, faults)
    }
    const required = [spec.idColumn, ...rows.columns]
    const [id = -1, ...others] = required.map((column) => findColumn(spec, cells, column))
    positions = { id, others, length: cells.length, last: Math.max(id, ...others) }
    missingColumns.push(...required.filter((column) => !isThere(column)).sort())
    isForeign = refuseForeignHeader(spec, required, expected, cells, faults)
    if (isForeign) return
    for (const column of required) {
      const name = cells[findColumn(spec, cells, column)]
      const found = cells.filter((cell) => cell === name).length
      if (name === undefined || found < 2) continue
      faults.add('duplicate_column', `Column ${show(name)} is there ${found} times.`, 1, column)
    }
    refuseMissingColumns(spec, missingColumns, cells, faults, positions.last < 0)
  }

  function readRow(cells: string[], row: number, flaws: Flaws, at: Positions): void {
    if (cells.length === 1 && cells[0] === '' && at.length > 1) {
      blankLines.push(row)
      return
    }
    for (const blank of blankLines) faults.addRow(BLANK_LINE, blank)
    blankLines = []
    const hasFlaw = flaws !== null && refuseFlaws(cells, row, flaws, at)
    const isShort = cells.length <= at.last
    const isLong = cells.length > at.length && at.last === at.length - 1
    if (isShort) faults.addRow(SHORT, row)
    if (isLong) faults.addRow(LONG, row)
    const id = at.id < 0 || flaws?.has(at.id) ? null : (cells[at.id] ?? null)
    if (id === '') {
      const is = `has no ${show(spec.idColumn)}`
      faults.addRow({ kind: 'empty_cell', is }, row, spec.idColumn)
    }
    // A row that was refused still shows that its id is there, so that one fault is not reported twice.
    const values = at.others.map((other) =>
      other < 0 || isShort || isLong || hasFlaw ? null : (cells[other] ?? null),
    )
    rows.read(id ? findId(id, row) : -1, values, row, id ?? '')
  }

  /** Where the id is, or the one that it stands for; -1 where it is neither. */
  function findId(id: string, row: number): number {
    const index = expected.indexOf.get(id)
    if (index !== undefined) {
      knownIds += 1
      return index
    }
    const likeness = findLikeness(id)
    if (likeness === null) {
      faults.addId(id === String(row - 2) ? ROW_NUMBER : UNKNOWN, id, row)
      return -1
    }
    faults.addId(likeness.cause, id, row)
    return expected.indexOf.get(likeness.id) ?? -1
  }

  /** @returns whether a cell that counts has one */
  function refuseFlaws(
    cells: string[],
    row: number,
    flaws: NonNullable<Flaws>,
    at: Positions,
  ): boolean {
    let found = false
    for (const [place, what] of flaws) {
      if (place !== at.id && !at.others.includes(place)) continue
      const column =
        place === at.id ? spec.idColumn : (rows.columns[at.others.indexOf(place)] ?? '')
      const cause = what === 'not_utf8' ? NOT_UTF8 : STRAY_QUOTE
      faults.addCell(cause, column, row, cells[place] ?? '')
      found = true
    }
    return found
  }

  const reader = createCsvReader(FILE_LIMITS, (cells, line, flaws) => {
    if (!positions) readHeader(cells)
    else if (!isForeign) readRow(cells, line, flaws, positions)
  })

  return {
    write(chunk) {
      reader.write(chunk)
    },
    end() {
      const malformed = reader.end()
      if (malformed && !isForeign) {
        faults.add('malformed_csv', malformed.message, malformed.line, null)
      } else if (!positions) {
        missingColumns.push(...[spec.idColumn, ...rows.columns].sort())
        faults.add('empty_file', 'The file is empty.', null, null)
      } else if (positions.id !== -1 && !isForeign) {
        expected.ids.forEach((id, index) => {
          if (!rows.has(index)) faults.addId(MISSING, id, null)
        })
        if (knownIds === 0) {
          faults.remark(UNKNOWN, null, 'None of the ids is known: is this the file of other data?')
        }
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

type Flaws = ReadonlyMap<number, CellFlaw> | null

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
