import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino'

export type { Logger } from 'pino'

export type LogLevel = LevelWithSilent

/**
 * One JSON object a line on stdout, with `process` naming the writer and `level` as a word.
 *
 * Bodies and headers are never logged; the paths below are a second net for a secret that slipped into an object.
 */
export function createLogger(
  process: string,
  level: LogLevel,
  destination?: DestinationStream,
): Logger {
  const options = {
    level,
    base: { process },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    serializers: { err: describeError },
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: ['password', 'token', 'cookie', 'secret', '*.password', '*.token', '*.cookie'],
      censor: '[removed]',
    },
  }
  return pino(options, destination ?? standardOutput())
}

// Some seconds of a busy process. A reader of stdout that stops costs lines then, and neither requests nor memory.
const WAITING_MAX_BYTES = 4 * 1024 * 1024

/** Writes beside the work: a full pipe would stop a process that wrote in line. What waits at its end is still written. */
function standardOutput(): DestinationStream {
  return pino.destination({ dest: 1, sync: false, maxLength: WAITING_MAX_BYTES })
}

/** What pino logs of an error, without the statement that a database error carries: its values are people's data. */
function describeError(error: Error): object {
  const { sql: _sql, parameters: _parameters, ...described } = pino.stdSerializers.err(error)
  return described
}
