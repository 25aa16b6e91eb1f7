import { SESSION_HOST_LABEL_PATTERN } from '@medforge/contracts'
import { DEFAULT_TARGET } from '../../lib/login-address.ts'

const LONGEST_TARGET = 2048
const SESSION_LABEL = new RegExp(`^${SESSION_HOST_LABEL_PATTERN}$`)

/**
 * Where to go after signing in, given the untrusted `next` of the address.
 *
 * Accepted are a path of this site, and the address of a session host below our own domain, from which the edge sends people to log in.
 * Hosts are compared by equality after parsing, never by prefix. For anything else it is `DEFAULT_TARGET`.
 *
 * @param domain  the base domain, as in `medforge.<domain>`
 */
export function nextTarget(next: string | string[] | undefined, domain: string): string {
  if (typeof next !== 'string' || next === '' || next.length > LONGEST_TARGET) return DEFAULT_TARGET
  if (hasAmbiguousCharacter(next)) return DEFAULT_TARGET
  return (next.startsWith('/') ? localPath(next) : sessionAddress(next, domain)) ?? DEFAULT_TARGET
}

/** Browsers drop tabs and line breaks inside an address and read a backslash as a slash. */
function hasAmbiguousCharacter(text: string): boolean {
  return [...text].some(
    (character) => character <= ' ' || character === '\\' || character === '\u007f',
  )
}

function localPath(next: string): string | null {
  const here = 'https://here.invalid'
  if (!URL.canParse(next, here)) return null
  const url = new URL(next, here)
  const path = `${url.pathname}${url.search}${url.hash}`
  // `/.//evil.example` is a path whose normal form, `//evil.example`, is another host.
  if (url.origin !== here || path.startsWith('//')) return null
  const isLoop = url.pathname === '/login' || url.pathname === '/signup'
  return isLoop ? null : path
}

function sessionAddress(next: string, domain: string): string | null {
  if (!URL.canParse(next)) return null
  const url = new URL(next)
  const [label = '', ...parents] = url.hostname.split('.')
  const isSessionHost = SESSION_LABEL.test(label) && parents.join('.') === `medforge.${domain}`
  const isPlain = url.protocol === 'https:' && url.port === '' && !url.username && !url.password
  return isSessionHost && isPlain ? url.href : null
}
