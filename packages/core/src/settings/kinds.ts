import { isIP, isIPv4 } from 'node:net'

/** What the text of a setting may be, and the value that it stands for. */
export type Kind<Value> = {
  /** Completes "expected …" and "has to be …". */
  expected: string
  /** Follows the setting's name in the sentence about a refused value; "has to be <expected>" where there is none. */
  complaint?: string
  /** Undefined: not such a value. */
  parse(text: string): Value | undefined
}

export function text(
  expected: string,
  accepts: (value: string) => boolean,
  complaint?: string,
): Kind<string> {
  const parse = (value: string) => (accepts(value) ? value : undefined)
  return complaint === undefined ? { expected, parse } : { expected, complaint, parse }
}

export function choice<const Value extends string>(values: readonly Value[]): Kind<Value> {
  return {
    expected: `one of ${values.join(', ')}`,
    parse: (value) => values.find((known) => known === value),
  }
}

export function integer(min: number, max: number, unit?: 'bytes'): Kind<number> {
  const kind = number(/^\d{1,15}$/, 'an integer', min, max)
  return unit === undefined
    ? kind
    : { ...kind, complaint: `has to be a number of ${unit} from ${min} to ${max}` }
}

export function decimal(min: number, max: number): Kind<number> {
  return number(/^\d{1,9}(\.\d{1,6})?$/, 'a number', min, max)
}

function number(pattern: RegExp, noun: string, min: number, max: number): Kind<number> {
  return {
    expected: `${noun} from ${min} to ${max}`,
    parse(value) {
      const amount = pattern.test(value) ? Number(value) : Number.NaN
      return amount >= min && amount <= max ? amount : undefined
    },
  }
}

export const boolean: Kind<boolean> = {
  expected: 'true or false',
  parse: (value) => (value === 'true' ? true : value === 'false' ? false : undefined),
}

/** `1` switches it on; nothing leaves it off. */
export const flag: Kind<boolean> = {
  expected: '1 or nothing',
  parse: (value) => (value === '1' ? true : value === '' ? false : undefined),
}

const BYTE_UNITS: Record<string, number> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** `512m`, `8g`, or plain bytes; the value is in bytes. */
export const byteSize: Kind<number> = {
  expected: 'a size such as 512m or 8g',
  parse(value) {
    const [, amount, unit = ''] = /^(\d{1,15})([bkmg]?)$/i.exec(value) ?? []
    return amount === undefined ? undefined : Number(amount) * (BYTE_UNITS[unit.toLowerCase()] ?? 1)
  },
}

export const anyText = text('any text', () => true)

export const absolutePath = text('an absolute path', (value) => value.startsWith('/'))

/** At most 180 characters, so that the host of a session still fits into a certificate's name and a DNS name. */
export const domainName = text(
  'a lower-case DNS name such as example.org',
  (value) =>
    value.length <= 180 &&
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(value),
  'is not a domain name in lower case',
)

export const image = text(
  'an image pinned by digest: name@sha256:<64 hex digits>',
  (value) => /^[^\s@]+@sha256:[0-9a-f]{64}$/.test(value),
  'is not pinned by a digest (name@sha256:…)',
)

export const email = text('an e-mail address', (value) => /^[^\s@]+@[^\s@]+$/.test(value))

export const httpUrl = text('an http URL', (value) => protocolOf(value) === 'http:')

export const httpsUrl = text('an https URL', (value) => protocolOf(value) === 'https:')

export const databaseUrl = text(
  'mysql://user:password@host:port/medforge',
  (value) => protocolOf(value) === 'mysql:' && new URL(value).pathname.length > 1,
)

function protocolOf(value: string): string | undefined {
  return URL.canParse(value) ? new URL(value).protocol : undefined
}

export const bindAddress = text(
  'an IPv4 address, or an IPv6 address in brackets',
  (value) => isIPv4(value) || isIP(/^\[(.+)\]$/.exec(value)?.[1] ?? '') === 6,
)

export const addressList: Kind<string[]> = {
  expected: 'IP addresses, separated by commas',
  parse(value) {
    const addresses = value.split(',').map((address) => address.trim())
    return addresses.every((address) => isIP(address) !== 0) ? addresses : undefined
  },
}

// Words of the placeholders that people copy from examples; chance makes none of them in a random secret.
const PLACEHOLDER = /change|replace|example|placeholder|default|secret|password/i

export const randomSecret = text(
  'at least 32 random characters, such as the output of: openssl rand -hex 32',
  (value) => value.length >= 32 && new Set(value).size >= 10 && !PLACEHOLDER.test(value),
  'is shorter than 32 characters, or not random',
)
