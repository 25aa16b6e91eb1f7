import { clean } from './output.ts'

/** Where `up` and its steps say what they are doing. Lines go to stderr, so that results on stdout can be piped. */
export type Progress = {
  /** Begin a step; the previous one must have ended. */
  begin(title: string): void
  /** What the current step is doing at this moment, perhaps in a program's own words. */
  detail(text: string): void
  /** A sentence that should stay on the screen. */
  note(text: string): void
  end(outcome: string): void
}

const LOG_EVERY_MS = 10_000

type Output = { write(text: string): unknown; isTTY?: boolean; columns?: number }

/**
 * On a terminal the current detail is one line that changes; elsewhere every detail is a line of its own, at most one in
 * ten seconds, so that a log stays readable and never looks stuck.
 */
export function createProgress(output: Output, now: () => number = Date.now): Progress {
  const isLive = output.isTTY === true
  let title = ''
  let startedAt = 0
  let lastDetailAt = 0

  const clearLine = () => {
    if (isLive) output.write('\r\x1b[2K')
  }
  const seconds = () => `${((now() - startedAt) / 1000).toFixed(1)} s`

  return {
    begin(text) {
      title = text
      startedAt = now()
      lastDetailAt = startedAt
      if (isLive) output.write(`\r\x1b[2K· ${title}`)
    },
    detail(raw) {
      const text = clean(raw)
      if (isLive) {
        const line = `· ${title}: ${text} (${seconds()})`
        output.write(`\r\x1b[2K${line.slice(0, (output.columns ?? 100) - 1)}`)
        return
      }
      if (now() - lastDetailAt < LOG_EVERY_MS) return
      lastDetailAt = now()
      output.write(`  ${title}: ${text} (${seconds()})\n`)
    },
    note(text) {
      clearLine()
      output.write(`  ${text}\n`)
    },
    end(outcome) {
      clearLine()
      output.write(`✓ ${title}: ${outcome} (${seconds()})\n`)
    },
  }
}
