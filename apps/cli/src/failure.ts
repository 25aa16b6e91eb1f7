/**
 * A failure that a person can act on: what happened and why in `message`, what to do in `remedy`.
 * Both are whole sentences. Anything else that is thrown is our own fault and is reported as such.
 */
export class Failure extends Error {
  override name = 'Failure'
  readonly remedy: string

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options)
    this.remedy = remedy
  }
}

/** One line for the terminal, and the cause chain only where `MEDFORGE_DEBUG` asks for it. */
export function describeFailure(error: unknown, isDebug: boolean): string {
  return harmless(describe(error, isDebug))
}

function describe(error: unknown, isDebug: boolean): string {
  const trace = isDebug && error instanceof Error ? `\n${error.stack}${causeOf(error)}` : ''
  if (error instanceof Failure) return `${error.message} ${error.remedy}${trace}`
  const text = error instanceof Error ? error.message : String(error)
  return `${text} This was not foreseen; run again with MEDFORGE_DEBUG=1 to see where it happened.${trace}`
}

/** Messages quote files and answers of others; a terminal takes control characters, other than these, for commands. */
function harmless(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\u{fffd}')
}

function causeOf(error: Error): string {
  return error.cause instanceof Error
    ? `\ncaused by ${error.cause.stack}${causeOf(error.cause)}`
    : ''
}
