import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** A result for a program: one JSON object. */
export function printJson(result: unknown): void {
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
}

/** A result for whoever asked: the object for a program, the text for a person. */
export function report(isJson: boolean | undefined, result: unknown, text: string): void {
  if (isJson) printJson(result)
  else process.stdout.write(`${text}\n`)
}

export type Column<Row> = { title: string; of: (row: Row) => string | number | null }

/** Rows under their titles, columns as wide as their longest text; `none` where there is no row. A null is a dash. */
export function formatTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  none: string,
): string {
  if (rows.length === 0) return none
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ of }) => clean(String(of(row) ?? '–')))),
  ]
  const widths = columns.map((_column, at) => Math.max(...cells.map((line) => width(line[at]))))
  const lines = cells.map((line) =>
    line.map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - width(cell))).join('  '),
  )
  return lines.map((line) => line.trimEnd()).join('\n')
}

/** Named facts, one a line. A null is a dash. */
export function formatFacts(facts: Record<string, string | number | null>): string {
  const names = Object.keys(facts)
  const longest = Math.max(...names.map(width))
  return names
    .map((name) => `${name.padEnd(longest)}  ${clean(String(facts[name] ?? '–'))}`)
    .join('\n')
}

/** Somebody else's text on an operator's terminal: nothing in it moves the cursor or turns the text. */
export function clean(text: string): string {
  return text.replace(/\p{C}/gu, '\ufffd')
}

/** As `clean`, for lines as they come; tabs stay. */
export async function* cleanLines(input: Readable): AsyncGenerator<string> {
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    yield `${line.split('\t').map(clean).join('\t')}\n`
  }
}

/** A time for people: to the second, in UTC. */
export function showTime(timestamp: string | null): string | null {
  return timestamp === null ? null : `${timestamp.slice(0, 19).replace('T', ' ')}Z`
}

function width(text: string | undefined): number {
  return [...(text ?? '')].length
}
