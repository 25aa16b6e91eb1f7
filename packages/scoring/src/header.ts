import { type FaultList, show } from './faults.ts'
import { withoutBlanks } from './remedies.ts'
import type { ExpectedIds, SubmissionSpec } from './spec.ts'

const CELLS_SHOWN_MAX = 8
const SEPARATORS: [letter: string, name: string][] = [
  [';', 'semicolons'],
  ['\t', 'tabs'],
  ['|', 'vertical bars'],
]
const CORNERS = /^(x_?min|x_?max|y_?min|y_?max|x_?[12]|y_?[12]|left|top|right|bottom)$/i

/** The names that a column may have, the first its own. */
export function namesOf({ accepts }: SubmissionSpec, column: string): string[] {
  return [column, ...(accepts?.columnAliases?.[column] ?? [])]
}

/** Where the header has a column, by the first of its names that is there; -1 where it does not. */
export function findColumn(spec: SubmissionSpec, cells: readonly string[], column: string): number {
  const name = namesOf(spec, column).find((one) => cells.includes(one))
  return name === undefined ? -1 : cells.indexOf(name)
}

/**
 * Names what the first line is instead of a header, where that can be seen.
 *
 * @returns whether the rest of the file says nothing more
 */
export function refuseForeignHeader(
  spec: SubmissionSpec,
  required: readonly string[],
  expected: ExpectedIds,
  cells: readonly string[],
  faults: FaultList,
): boolean {
  if (required.some((column) => findColumn(spec, cells, column) >= 0)) return false
  const [first = ''] = cells
  const names = new Set(required.flatMap((column) => namesOf(spec, column)))
  const line = required
    .map((column) => show(column))
    .join(',')
    .replaceAll('"', '')
  if (/^sep=/i.test(first)) {
    const message = `The first line is ${show(first)}, which is for Excel. Delete it.`
    faults.add('wrong_separator', message, 1, null)
    return true
  }
  for (const [letter, name] of SEPARATORS) {
    const parts = cells.join(',').split(letter)
    if (parts.length === 1 || !parts.some((part) => names.has(withoutBlanks(part)))) continue
    const message = `Cells are separated by ${name}. Save the file with commas: in pandas, to_csv(sep=","), and with points in decimal numbers.`
    faults.add('wrong_separator', message, 1, null)
    return true
  }
  if (/^\s*[[{]/.test(first)) {
    const message = 'Line 1: this is JSON, not CSV. In pandas, write it with to_csv(index=False).'
    faults.add('malformed_csv', message, 1, null)
    return true
  }
  const id = cells.find((cell) => expected.indexOf.has(cell))
  if (id === undefined) return false
  const message = `The first line has the id ${show(id)} and no names of columns. Put ${line} above it.`
  faults.add('missing_header', message, 1, null)
  return true
}

/** Adds one fault for all columns that are missing, with what is there instead. */
export function refuseMissingColumns(
  spec: SubmissionSpec,
  missing: readonly string[],
  cells: readonly string[],
  faults: FaultList,
  isNothingThere: boolean,
): void {
  const [first] = missing
  if (first === undefined) return
  const names = missing.map(show).join(', ')
  const what =
    missing.length === 1 ? `Column ${names} is missing.` : `Columns ${names} are missing.`
  const shown = cells.slice(0, CELLS_SHOWN_MAX).map(show).join(', ')
  const more = cells.length > CELLS_SHOWN_MAX ? ', …' : ''
  const hint =
    findHint(spec, missing, cells) ??
    (isNothingThere ? "Is this another competition's file?" : null) ??
    'Names must match exactly, upper and lower case included.'
  const message = `${what} The first line has ${shown}${more}. ${hint}`
  faults.add('missing_column', message, 1, first, missing.length)
}

function findHint(
  spec: SubmissionSpec,
  missing: readonly string[],
  cells: readonly string[],
): string | null {
  const blank = cells.find(
    (cell) => cell !== withoutBlanks(cell) && missing.includes(withoutBlanks(cell)),
  )
  if (blank !== undefined) {
    return `There are blanks around ${show(blank)}: take them out.`
  }
  const lower = new Set(missing.map((name) => name.toLowerCase()))
  const other = cells.find((cell) => lower.has(cell.toLowerCase()))
  if (other !== undefined) return `${show(other)} differs in upper and lower case.`
  const [first = ''] = cells
  if (missing.includes(spec.idColumn) && /^(unnamed: 0|index|)$/i.test(first)) {
    return `The first column is the index of pandas. Write the file with to_csv(index=False), and the ids in ${show(spec.idColumn)}.`
  }
  if ('labels' in spec && missing.includes(spec.targetColumn)) {
    const classes = spec.labels.max - spec.labels.min + 1
    if (classes > 1 && cells.length - 1 === classes) {
      return `There is a column for each label: write the most probable label in one, ${show(spec.targetColumn)}: in pandas, .idxmax(axis=1).`
    }
  }
  if ('boxColumns' in spec && cells.filter((cell) => CORNERS.test(cell)).length > 1) {
    return 'Boxes by their corners: write x, y and, as width and height, x2 - x1 and y2 - y1.'
  }
  return null
}
