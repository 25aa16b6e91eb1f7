export const FAULTS_SHOWN_MAX = 50
const PLACES_SHOWN_MAX = 5
const TEXT_SHOWN_MAX = 40

export type FaultKind =
  | 'malformed_csv'
  | 'empty_file'
  | 'wrong_separator'
  | 'missing_header'
  | 'missing_column'
  | 'duplicate_column'
  | 'duplicate_id'
  | 'unknown_id'
  | 'missing_id'
  | 'blank_line'
  | 'short_row'
  | 'long_row'
  | 'empty_cell'
  | 'not_a_number'
  | 'out_of_range'
  | 'unscorable'

export type Fault = {
  kind: FaultKind
  /** For the person who made the file: what, where first, and what to do. Holds nothing that is not in their file or in the sample submission. */
  message: string
  /** Line of the file, the header being 1: of the first one; null where the fault has no place. */
  row: number | null
  column: string | null
  /** How many single faults this stands for. */
  count: number
}

/** What is wrong in the same way in many places. All of them are one fault. */
export type Cause = {
  kind: FaultKind
  /** What one of them does, after its text: "is no number", "has blanks around it". */
  is: string
  /** A whole sentence, or nothing. */
  remedy?: string
}

type Group = {
  cause: Cause
  column: string | null
  row: number | null
  count: number
  places: string[]
}

/** What is said of many: of ids, of cells of a column, or of rows. */
type Noun = (count: number, column: string | null) => string

const ofIds: Noun = (count) => (count === 1 ? '1 id' : `${count} ids`)
const ofCells: Noun = (count, column) => `${count} cells of ${show(column ?? '')}`
const ofRows: Noun = (count) => `${count} rows`

const PLURALS: Record<string, string> = { is: 'are', has: 'have', goes: 'go', begins: 'begin' }

/** Gathers faults: each kind of fault once, with its count and its first places. */
export function createFaultList(idColumn: string) {
  const single: Fault[] = []
  const ids = new Map<string, Group>()
  const others = new Map<string, Group & { noun: Noun }>()
  const remarks = new Map<string, string>()
  let total = 0
  // Where reading ended, which explains what is missing after it.
  let ending: Fault | null = null

  function addTo<Kind extends Group>(
    groups: Map<string, Kind>,
    key: string,
    place: string,
    group: Kind,
  ) {
    total += 1
    const known = groups.get(key) ?? group
    known.count += 1
    if (known.places.length < PLACES_SHOWN_MAX) known.places.push(place)
    groups.set(key, known)
  }

  function describe({ cause, column, count, places }: Group, noun: Noun): string {
    const { is, remedy } = cause
    const [verb = '', ...rest] = is.split(' ')
    const more = count > places.length ? ', …' : ''
    const remark = remarks.get(keyOf(cause, noun === ofIds ? null : column))
    const sentences = [`${places.join(', ')}${more}.`, remedy, remark].filter(Boolean).join(' ')
    if (noun === ofIds) {
      const what = count === 1 ? is : [PLURALS[verb] ?? verb, ...rest].join(' ')
      return `${noun(count, column)} ${what}: ${sentences}`
    }
    if (count === 1)
      return `${places[0]} ${is}. ${[remedy, remark].filter(Boolean).join(' ')}`.trim()
    return `${noun(count, column)} ${[PLURALS[verb] ?? verb, ...rest].join(' ')}: ${sentences}`
  }

  return {
    /** One that stands for itself; `message` is a whole sentence. */
    add(
      kind: FaultKind,
      message: string,
      row: number | null,
      column: string | null,
      count = 1,
    ): void {
      total += count
      const fault = { kind, message, row, column, count }
      if (kind === 'malformed_csv') ending = fault
      else single.push(fault)
    },
    addId(cause: Cause, id: string, row: number | null): void {
      const place = row === null ? show(id) : `${show(id)} (row ${row})`
      addTo(ids, keyOf(cause, null), place, { cause, column: idColumn, row, count: 0, places: [] })
    },
    addCell(cause: Cause, column: string, row: number, text: string): void {
      const group = { cause, column, row, count: 0, places: [], noun: ofCells }
      addTo(others, keyOf(cause, column), `Row ${row}: ${show(text)}`, group)
    },
    addRow(cause: Cause, row: number, column: string | null = null): void {
      const group = { cause, column, row, count: 0, places: [], noun: ofRows }
      addTo(others, keyOf(cause, column), `Row ${row}`, group)
    },
    /** Say something more about all of a cause: what they have in common. */
    remark(cause: Cause, column: string | null, remark: string): void {
      remarks.set(keyOf(cause, column), remark)
    },
    count: () => total,
    list(): Fault[] {
      const toFault = (group: Group, noun: Noun): Fault => {
        const { cause, column, row, count } = group
        return { kind: cause.kind, message: describe(group, noun), row, column, count }
      }
      const faults = [
        ...single,
        ...[...ids.values()].map((group) => toFault(group, ofIds)),
        ...[...others.values()].map((group) => toFault(group, group.noun)),
      ]
      const last = ending ? [ending] : []
      return [...faults.slice(0, FAULTS_SHOWN_MAX - last.length), ...last]
    },
  }
}

export type FaultList = ReturnType<typeof createFaultList>

function keyOf({ kind, is }: Cause, column: string | null): string {
  return `${kind} ${is} ${column}`
}

/** Somebody's text, quoted and made harmless: one line, a limited length, nothing that hides or turns the text around it. */
export function show(text: string): string {
  const shown = text.length > TEXT_SHOWN_MAX ? `${text.slice(0, TEXT_SHOWN_MAX)}…` : text
  return `"${shown.replace(/[\p{C}\p{Z}]/gu, showBlank)}"`
}

/** Blanks that look like none, or like a space, by their code. */
function showBlank(found: string): string {
  if (found === ' ') return ' '
  if (found === '\t') return '\\t'
  const code = found.codePointAt(0) ?? 0
  return /\p{Zs}/u.test(found) ? `\\u${code.toString(16).padStart(4, '0')}` : '\ufffd'
}
