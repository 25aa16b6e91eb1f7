import { describe, expect, test } from 'vitest'
import { contentSecurityPolicy } from './content-security-policy.ts'

const policy = (over = {}) =>
  contentSecurityPolicy({
    nonce: 'abc',
    apiOrigin: 'https://api.medforge.example.org',
    isDevelopment: false,
    ...over,
  })

describe(contentSecurityPolicy, () => {
  test('lets a page talk to itself and the API, and to nobody else', () => {
    expect(policy()).toContain(`connect-src 'self' https://api.medforge.example.org;`)
  })

  test('runs scripts by nonce and never evaluates text', () => {
    expect(policy()).toContain(`'nonce-abc'`)
    expect(policy()).not.toContain('unsafe-eval')
  })

  test('runs workers from its own files alone', () => {
    expect(policy()).toContain(`worker-src 'self';`)
  })

  test('cannot be framed', () => expect(policy()).toContain(`frame-ancestors 'none'`))

  test('keeps plain http working where the API is spoken to without TLS', () => {
    expect(policy({ apiOrigin: 'http://localhost:8000' })).not.toContain('upgrade-insecure')
  })
})
