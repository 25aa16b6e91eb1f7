import { cookieValues, HOST_BOUND_COOKIE, SESSION_COOKIE } from '@medforge/contracts'

/** What a request shows of a login. */
export type Credentials = {
  /** Distinct values of the login cookie, in order; more than one is ambiguous. */
  tokens: readonly string[]
  /** Distinct values of the host-bound cookie, in order. */
  proofs: readonly string[]
  /** By `Sec-Fetch-Site`, which every browser sends and no page can leave out. */
  isBrowser: boolean
}

/** A personal token, or whatever stands in its place; undefined: no bearer is named. */
export function readBearer(authorization: string | undefined): string | undefined {
  return /^bearer +(.+)$/i.exec(authorization ?? '')?.[1]
}

/** The one reader of the login cookie; to be called once a request. */
export function readCredentials(headers: {
  cookie?: string | undefined
  'sec-fetch-site'?: string | string[] | undefined
}): Credentials {
  const values = cookieValues(headers.cookie, [SESSION_COOKIE, HOST_BOUND_COOKIE])
  return {
    tokens: values[SESSION_COOKIE],
    proofs: values[HOST_BOUND_COOKIE],
    isBrowser: headers['sec-fetch-site'] !== undefined,
  }
}
