export const FAULTS_SHOWN_MAX = 50
const IDS_SHOWN_MAX = 5
const TEXT_SHOWN_MAX = 40

export type FaultKind =
  | 'malformed_csv'
  | 'empty_file'
  | 'missing_column'
  | 'duplicate_column'
  | 'duplicate_id'
  | 'unknown_id'
  | 'missing_id'
  | 'short_row'
  | 'long_row'
  | 'empty_cell'
  | 'not_a_number'
  | 'out_of_range'
  | 'unscorable'

export type Fault = {
  kind: FaultKind
  /** One sentence for the person who made the file. Holds nothing that is not in their file or in the sample submission. */
  message: string
  /** Line of the file, the header being 1; null where the fault has no place. */
  row: number | null
  column: string | null
  /** How many single faults this stands for: above 1 only for ids. */
  count: number
}

/** A fault of one id: all of a kind are reported as one, with their number and the first few. */
export type IdFaultKind = 'duplicate_id' | 'unknown_id' | 'missing_id'

/** Gathers faults in the order of the file, keeps the first 50 and counts the rest. */
export function createFaultList(idColumn: string) {
  const kept: Fault[] = []
  const ids = new Map<IdFaultKind, { count: number; row: number | null; examples: string[] }>()
  let total = 0
  // Where reading ended, which explains what is missing after it: listed however many faults came before.
  let ending: Fault | null = null

  return {
    add(kind: FaultKind, message: string, row: number | null, column: string | null): void {
      total += 1
      if (kind === 'malformed_csv') ending = { kind, message, row, column, count: 1 }
      else if (kept.length < FAULTS_SHOWN_MAX) kept.push({ kind, message, row, column, count: 1 })
    },
    addId(kind: IdFaultKind, id: string, row: number | null): void {
      total += 1
      const known = ids.get(kind) ?? { count: 0, row, examples: [] }
      known.count += 1
      if (known.examples.length < IDS_SHOWN_MAX) {
        known.examples.push(row === null ? show(id) : `${show(id)} (row ${row})`)
      }
      ids.set(kind, known)
    },
    count: () => total,
    list(): Fault[] {
      const ofIds = [...ids].map(([kind, { count, row, examples }]) => ({
        kind,
        message: describeIds(kind, count, examples),
        row,
        column: idColumn,
        count,
      }))
      const isAboutHeader = (fault: Fault) => fault.row === 1 || fault.row === null
      const last = ending ? [ending] : []
      const others = [
        ...kept.filter(isAboutHeader),
        ...ofIds,
        ...kept.filter((fault) => !isAboutHeader(fault)),
      ]
      return [...others.slice(0, FAULTS_SHOWN_MAX - last.length), ...last]
    },
  }
}

export type FaultList = ReturnType<typeof createFaultList>

const ID_FAULTS: Record<IdFaultKind, { one: string; many: string }> = {
  duplicate_id: { one: 'id stands there more than once', many: 'ids stand there more than once' },
  unknown_id: {
    one: 'id is not in the sample submission',
    many: 'ids are not in the sample submission',
  },
  missing_id: {
    one: 'id of the sample submission is missing',
    many: 'ids of the sample submission are missing',
  },
}

function describeIds(kind: IdFaultKind, count: number, examples: string[]): string {
  const { one, many } = ID_FAULTS[kind]
  const more = count > examples.length ? ', …' : ''
  return `${count} ${count === 1 ? one : many}: ${examples.join(', ')}${more}.`
}

/** Somebody's text, quoted and made harmless: one line, a limited length, nothing that hides or turns the text around it. */
export function show(text: string): string {
  const shown = text.length > TEXT_SHOWN_MAX ? `${text.slice(0, TEXT_SHOWN_MAX)}…` : text
  return `"${shown.replace(/[\p{C}\p{Z}]/gu, (found) => (found === ' ' ? ' ' : '\ufffd'))}"`
}
