import { createHmac, timingSafeEqual } from 'node:crypto'
import { COMPANION_COOKIE, SESSION_COOKIE } from '@medforge/contracts'
import { type CookiePlace, cookieValues, serializeCookie } from '../http/cookies.ts'
import type { LoginHeaders } from '../http/guards.ts'

/**
 * The cookies of a login: the login itself, which counts on every host of the installation, and its companion, which the API's host
 * alone sets and gets. A session's page can push the login out of a browser and put its own in that place; it can make no companion.
 */
export interface LoginCookies {
  /** `Set-Cookie` values, the login first. */
  set(token: string): string[]
  /** `Set-Cookie` values that remove both. */
  removed: [login: string, companion: string]
  /**
   * Whether the login that these headers name may be used. A browser, which says so by `Sec-Fetch-Site`, has to show the companion
   * of exactly that login; a program has none to show.
   */
  areComplete(headers: LoginHeaders): boolean
}

export function createLoginCookies(config: {
  sessionSecret: string
  cookieDomain: string
  maxAgeSeconds: number
}): LoginCookies {
  const { sessionSecret, cookieDomain, maxAgeSeconds } = config
  const login: CookiePlace = { name: SESSION_COOKIE, domain: cookieDomain, maxAgeSeconds }
  const companion: CookiePlace = { name: COMPANION_COOKIE, domain: null, maxAgeSeconds }

  /** Nobody gets from it to the token, nor to what the database keeps of the token: that is made without this prefix. */
  function prove(token: string): string {
    return createHmac('sha256', sessionSecret)
      .update('companion\0')
      .update(token)
      .digest('base64url')
  }

  return {
    set: (token) => [serializeCookie(token, login), serializeCookie(prove(token), companion)],
    removed: [removalOf(login), removalOf(companion)],
    areComplete(headers) {
      if (headers['sec-fetch-site'] === undefined) return true
      const [token, ...otherTokens] = cookieValues(headers.cookie, SESSION_COOKIE)
      const [proof, ...otherProofs] = cookieValues(headers.cookie, COMPANION_COOKIE)
      if (token === undefined || proof === undefined) return false
      if (otherTokens.length > 0 || otherProofs.length > 0) return false
      const [shown, expected] = [Buffer.from(proof), Buffer.from(prove(token))]
      return shown.length === expected.length && timingSafeEqual(shown, expected)
    },
  }
}

function removalOf(place: CookiePlace): string {
  return serializeCookie('', { ...place, maxAgeSeconds: 0 })
}
