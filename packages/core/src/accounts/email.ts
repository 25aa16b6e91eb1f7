import { EMAIL_MAX_LENGTH } from '@medforge/contracts'

// Names that exist for tests and single hosts (RFC 2606, RFC 6761) and have no dot.
const RESERVED_NAMES: readonly string[] = ['localhost', 'test', 'example', 'invalid']

/**
 * The one spelling under which an address is stored and compared: NFC, trimmed, lower-case.
 *
 * @returns null when it is no address: not exactly one `@`, nothing before it, no domain after it, blanks, or too long
 */
export function canonicalEmail(text: string): string | null {
  if (!text.isWellFormed()) return null
  const email = text.trim().toLowerCase().normalize('NFC')
  if ([...email].length > EMAIL_MAX_LENGTH || /[\s\p{C}]/u.test(email)) return null
  const [local, domain, ...rest] = email.split('@')
  if (!local || !domain || rest.length > 0) return null
  return isDomain(domain) ? email : null
}

function isDomain(domain: string): boolean {
  if (RESERVED_NAMES.includes(domain)) return true
  const labels = domain.split('.')
  return labels.length > 1 && labels.every((label) => label !== '')
}
