/**
 * The policy of a page: its own files, the scripts with this page's nonce, and the API.
 *
 * Inline style attributes are allowed, because React renders them and they cannot load or run anything; style elements need the nonce.
 * `unsafe-eval` is for React's debugging in development.
 */
export function contentSecurityPolicy(options: {
  nonce: string
  apiOrigin: string
  isDevelopment: boolean
}): string {
  const { nonce, apiOrigin, isDevelopment } = options
  const directives = [
    `default-src 'self'`,
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ''}`,
    isDevelopment ? `style-src 'self' 'unsafe-inline'` : `style-src 'self' 'nonce-${nonce}'`,
    `style-src-attr 'unsafe-inline'`,
    `worker-src 'self'`,
    `img-src 'self' data:`,
    `font-src 'self'`,
    `connect-src 'self' ${apiOrigin}`,
    `object-src 'none'`,
    `frame-src 'none'`,
    `base-uri 'none'`,
    `form-action 'self'`,
    `frame-ancestors 'none'`,
  ]
  if (apiOrigin.startsWith('https:')) directives.push('upgrade-insecure-requests')
  return directives.join('; ')
}
