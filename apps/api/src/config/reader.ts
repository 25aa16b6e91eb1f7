import type { Env } from './env.ts'

/** Several variables are missing or wrong. The message names each with what was expected, and never shows a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}:\n` +
        faults.map((fault) => `  ${fault}`).join('\n') +
        '\nSet the variables in deploy/compose/.env and start again.',
    )
    this.faults = faults
  }
}

export interface ConfigReader {
  /** Text that `accepts` agrees to; required unless there is a fallback. Empty counts as absent, as in a compose file. */
  text(
    name: string,
    expected: string,
    accepts: (value: string) => boolean,
    fallback?: string,
  ): string
  choice<Value extends string>(name: string, values: readonly Value[], fallback?: Value): Value
  integer(name: string, range: { min: number; max: number; fallback: number }): number
  optionalInteger(name: string, range: { min: number; max: number }): number | null
  decimal(name: string, range: { min: number; max: number; fallback: number }): number
  boolean(name: string, fallback: boolean): boolean
  /** `512m`, `8g`, or plain bytes. */
  bytes(name: string, fallback: string): number
  /** @throws ConfigError when anything read so far was missing or wrong */
  finish(): void
}

const BYTE_UNITS: Record<string, number> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }
const SIZE = /^(\d{1,15})([bkmg]?)$/i

/** Reads variables and collects every fault, so that all of them can be reported at once. */
export function createConfigReader(env: Env): ConfigReader {
  const faults: string[] = []

  function givenValue(name: string): string | undefined {
    const value = env[name]
    return value === undefined || value === '' ? undefined : value
  }

  function fault(name: string, expected: string, isMissing: boolean): void {
    const unread = env[`${name}_FILE`] !== undefined && isMissing
    const what = unread
      ? `the file that ${name}_FILE names cannot be read`
      : isMissing
        ? 'is missing'
        : 'is wrong'
    faults.push(`${name}: ${what}; expected ${expected}.`)
  }

  function text(
    name: string,
    expected: string,
    accepts: (value: string) => boolean,
    fallback?: string,
  ): string {
    const value = givenValue(name) ?? fallback
    if (value === undefined || !accepts(value)) fault(name, expected, value === undefined)
    return value ?? ''
  }

  function number(
    name: string,
    pattern: RegExp,
    kind: string,
    range: { min: number; max: number; fallback: number },
  ): number {
    const { min, max, fallback } = range
    const accepts = (value: string) =>
      pattern.test(value) && Number(value) >= min && Number(value) <= max
    const value = text(name, `${kind} from ${min} to ${max}`, accepts, String(fallback))
    return Number(value)
  }

  const integer: ConfigReader['integer'] = (name, range) =>
    number(name, /^\d{1,15}$/, 'an integer', range)

  return {
    text,
    choice(name, values, fallback) {
      const accepts = (value: string) => (values as readonly string[]).includes(value)
      return text(name, `one of ${values.join(', ')}`, accepts, fallback) as (typeof values)[number]
    },
    integer,
    optionalInteger(name, range) {
      return givenValue(name) === undefined
        ? null
        : integer(name, { ...range, fallback: range.min })
    },
    decimal(name, range) {
      return number(name, /^\d{1,9}(\.\d{1,6})?$/, 'a number', range)
    },
    boolean(name, fallback) {
      const accepts = (value: string) => value === 'true' || value === 'false'
      return text(name, 'true or false', accepts, String(fallback)) === 'true'
    },
    bytes(name, fallback) {
      const value = text(name, 'a size such as 512m or 8g', (given) => SIZE.test(given), fallback)
      const [, amount = '0', unit = ''] = SIZE.exec(value) ?? []
      return Number(amount) * (BYTE_UNITS[unit.toLowerCase()] ?? 1)
    },
    finish() {
      if (faults.length > 0) throw new ConfigError(faults)
    },
  }
}
