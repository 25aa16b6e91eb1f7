import { describe, expect, test } from 'vitest'
import { isOriginAllowed } from './origin.ts'

const WEB = 'medforge.example.org'

describe(isOriginAllowed, () => {
  test.each([
    'https://medforge.example.org',
    'https://MEDFORGE.example.org',
    'http://medforge.example.org:8080',
    'https://api.medforge.example.org',
    'https://a.b.medforge.example.org',
    'https://s-origintest.medforge.example.org',
    'https://s-abc.medforge.example.org',
    'https://xs-abcdefgh.medforge.example.org',
  ])('allows %s', (origin) => {
    expect(isOriginAllowed({ origin }, WEB)).toBe(true)
  })

  test.each([
    'null',
    '',
    'https://example.org',
    'https://medforge.example.org.evil.test',
    'https://notmedforge.example.org',
    'https://s-abcdefgh.medforge.example.org',
    'https://s-a0z9b8y7.medforge.example.org:443',
    'http://S-Abcdefgh.medforge.example.org',
    'https://x.s-abcdefgh.medforge.example.org',
    'https://-x.medforge.example.org',
    'https://..medforge.example.org',
    'javascript://medforge.example.org',
    'https://medforge.example.org/path',
    'https://medforge.example.org:',
    ' https://medforge.example.org',
    'https://medforge.example.org\u0000',
  ])('refuses %j', (origin) => {
    expect(isOriginAllowed({ origin }, WEB)).toBe(false)
  })

  test('allows a request without an origin, unless its browser names it cross-site', () => {
    expect(isOriginAllowed({}, WEB)).toBe(true)
    expect(isOriginAllowed({ 'sec-fetch-site': 'none' }, WEB)).toBe(true)
    expect(isOriginAllowed({ 'sec-fetch-site': 'cross-site' }, WEB)).toBe(false)
  })
})
