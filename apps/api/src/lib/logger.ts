import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger } from 'pino'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

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
  return destination ? pino(options, destination) : pino(options)
}

/** What pino logs of an error, without the statement that a database error carries: its values are people's data. */
function describeError(error: Error): object {
  const { sql: _sql, parameters: _parameters, ...described } = pino.stdSerializers.err(error)
  return described
}
