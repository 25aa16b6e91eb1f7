export type WebConfig = {
  /** Base domain; the site itself is `medforge.<domain>`. */
  domain: string
  /** The API's origin, for browsers. */
  apiUrl: string
  /** The API's origin on the control network, for this server. */
  apiInternalUrl: string
  isDevelopment: boolean
}

const API_CONTROL_ADDRESS = 'http://172.30.1.3:8000'

/** @throws Error that lists everything that is wrong, without the values */
export function readWebConfig(env: Record<string, string | undefined>): WebConfig {
  const faults: string[] = []
  const domain = env.DOMAIN?.trim().toLowerCase() ?? ''
  // Only whether there is one: what a domain may be is checked by the table of settings, which is no part of a web app.
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(domain)) {
    faults.push('DOMAIN must be the base domain, such as example.org')
  }
  const apiUrl = originOf(env.NEXT_PUBLIC_API_URL)
  if (apiUrl === null) {
    faults.push('NEXT_PUBLIC_API_URL must be the address of the API, https://api.medforge.<DOMAIN>')
  }
  const apiInternalUrl = originOf(env.API_INTERNAL_URL || API_CONTROL_ADDRESS)
  if (apiInternalUrl === null) {
    faults.push('API_INTERNAL_URL must be an http(s) address without a path')
  }
  if (faults.length > 0 || apiUrl === null || apiInternalUrl === null) {
    throw new Error(`medforge-web cannot start: ${faults.join('; ')}.`)
  }
  return { domain, apiUrl, apiInternalUrl, isDevelopment: env.NODE_ENV === 'development' }
}

function originOf(value: string | undefined): string | null {
  if (!value || !URL.canParse(value)) return null
  const url = new URL(value)
  const isPlainOrigin = url.pathname === '/' && url.search === '' && url.username === ''
  return isPlainOrigin && /^https?:$/.test(url.protocol) ? url.origin : null
}

let current: WebConfig | undefined

/**
 * The settings of this process, read once.
 *
 * The environment is passed on whole, because the compiler replaces a literal `process.env.NEXT_PUBLIC_…` by its value at build time.
 */
export function webConfig(): WebConfig {
  current ??= readWebConfig(process.env)
  return current
}
