import { createHmac, timingSafeEqual } from 'node:crypto'
import { HOST_BOUND_COOKIE, SESSION_COOKIE } from '@medforge/contracts'
import { type CookieAttributes, serializeCookie } from '../http/cookies.ts'
import type { Credentials } from '../http/credentials.ts'

/**
 * The cookies of a login: the login cookie, which counts on every host of the installation, and the host-bound one, which the API's host
 * alone sets and gets. A session's page can push the login out of a browser and put its own in that place; it can set no host-bound one.
 */
export interface LoginCookies {
  /** `Set-Cookie` values, the login first. */
  set(token: string): string[]
  /** `Set-Cookie` values that remove both. */
  removed: [login: string, hostBound: string]
  /** Whether the login of these credentials may be used. A browser has to show the host-bound cookie of exactly that login; a program has none to show. */
  areComplete(credentials: Credentials): boolean
}

export function createLoginCookies(config: {
  sessionSecret: string
  cookieDomain: string
  maxAgeSeconds: number
}): LoginCookies {
  const { sessionSecret, cookieDomain, maxAgeSeconds } = config
  const login: CookieAttributes = { name: SESSION_COOKIE, domain: cookieDomain, maxAgeSeconds }
  const hostBound: CookieAttributes = { name: HOST_BOUND_COOKIE, domain: null, maxAgeSeconds }

  /** Nobody gets from it to the token, nor to what the database keeps of the token: that is made without the prefix, which browsers' cookies fix. */
  function prove(token: string): string {
    return (
      createHmac('sha256', sessionSecret)
        // As it was first named: another word would end every login.
        .update('companion\0')
        .update(token)
        .digest('base64url')
    )
  }

  return {
    set: (token) => [serializeCookie(token, login), serializeCookie(prove(token), hostBound)],
    removed: [removalOf(login), removalOf(hostBound)],
    areComplete({ tokens, proofs, isBrowser }) {
      if (!isBrowser) return true
      const [token, ...otherTokens] = tokens
      const [proof, ...otherProofs] = proofs
      if (token === undefined || proof === undefined) return false
      if (otherTokens.length > 0 || otherProofs.length > 0) return false
      const [shown, expected] = [Buffer.from(proof), Buffer.from(prove(token))]
      return shown.length === expected.length && timingSafeEqual(shown, expected)
    },
  }
}

function removalOf(attributes: CookieAttributes): string {
  return serializeCookie('', { ...attributes, maxAgeSeconds: 0 })
}
