import { SESSION_HOST_LABEL_PATTERN } from '@medforge/contracts'

const ORIGIN = /^https?:\/\/([a-z0-9.-]+)(?::\d{1,5})?$/
const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/
const SESSION_LABEL = new RegExp(`^${SESSION_HOST_LABEL_PATTERN}$`)

/**
 * Whether a request that changes something may come from where it says it comes from.
 *
 * No `Origin` is a client that is no browser, and allowed unless `Sec-Fetch-Site` proves a browser on another site. Session hosts are
 * refused although they lie below our domain: their pages are user content. A name such as `s-origintest` is no session host.
 *
 * @param webHost  `medforge.<DOMAIN>`
 */
export function isOriginAllowed(
  headers: { origin?: string | undefined; 'sec-fetch-site'?: string | string[] | undefined },
  webHost: string,
): boolean {
  if (headers.origin === undefined) return headers['sec-fetch-site'] !== 'cross-site'
  const host = ORIGIN.exec(headers.origin.toLowerCase())?.[1]
  if (host === undefined) return false
  if (host === webHost) return true
  if (!host.endsWith(`.${webHost}`)) return false
  const labels = host.slice(0, -webHost.length - 1).split('.')
  return labels.every((label) => LABEL.test(label) && !SESSION_LABEL.test(label))
}
