import { mkdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describeTotals, type Totals } from './totals.ts'

/** What one part did. */
export type Result = { title: string; totals: Totals; seconds: number }

/** Where the output of parts goes. */
export interface Output {
  line(text: string): void
  /** @returns the file that has to get the output of this part; undefined: the terminal, as it comes */
  begin(title: string, name: string): string | undefined
  end(result: Result, file: string | undefined): void
}

/**
 * @param isShared  whether parts run at once: then each is printed as a whole when it is over
 * @param folder  keeps what was printed, one file a part
 */
export function createOutput(
  isShared: boolean,
  folder: string,
  write: (text: string) => void = (text) => writeSync(process.stdout.fd, text),
): Output {
  const line = (text: string) => write(`${text}\n`)
  return {
    line,
    begin(title, name) {
      line(isShared ? `── ${title}: begun ──` : `\n── ${title} ──`)
      if (!isShared) return undefined
      mkdirSync(folder, { recursive: true })
      return join(folder, `${name}.log`)
    },
    end({ title, totals, seconds }, file) {
      const printed = file === undefined ? '' : `\n── ${title} ──\n${readFileSync(file, 'utf8')}`
      const closing = `── ${title}: ${describeTotals(totals)} in ${seconds.toFixed(0)} s ──`
      // In one piece, so that two parts that end together are not mixed.
      write(`${printed}${closing}\n`)
    },
  }
}

/** One line a part, in columns. */
export function describeResults(results: readonly Result[]): string {
  const width = Math.max(...results.map(({ title }) => title.length))
  return results
    .map(({ title, totals, seconds }) => {
      const time = `${seconds.toFixed(0)} s`.padStart(7)
      return `${totals.failed > 0 ? '✗' : '✓'} ${title.padEnd(width)} ${time}   ${describeTotals(totals)}`
    })
    .join('\n')
}
