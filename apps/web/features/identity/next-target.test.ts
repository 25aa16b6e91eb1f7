import { describe, expect, test } from 'vitest'
import { DEFAULT_TARGET, loginAddress } from '../../lib/login-address.ts'
import { nextTarget } from './next-target.ts'

const DOMAIN = 'example.org'

describe(nextTarget, () => {
  test.each([
    '/dashboard',
    '/competitions/titanic-survival?tab=rules#cap',
    'https://s-abcd2345.medforge.example.org/',
    'https://s-abcd2345.medforge.example.org/?folder=/workspace',
  ])('accepts %s', (next) => expect(nextTarget(next, DOMAIN)).toBe(next))

  test('spells an accepted session address in its normal form', () => {
    expect(nextTarget('https://S-ABCD2345.MedForge.Example.org', DOMAIN)).toBe(
      'https://s-abcd2345.medforge.example.org/',
    )
  })

  test.each([
    ['nothing', undefined],
    ['an empty value', ''],
    ['two values', ['/dashboard', '/competitions']],
    ['a path without its slash', 'dashboard'],
    ['a protocol-relative address', '//evil.example/'],
    ['a backslash instead of a slash', '/\\evil.example/'],
    ['two backslashes', '\\\\evil.example'],
    ['a tab that browsers drop', '/\t/evil.example'],
    ['a line break that browsers drop', '/\n/evil.example'],
    ['a path that normalises to another host', '/.//evil.example/'],
    ['a path that climbs to another host', '/x/..//evil.example/'],
    ['another site', 'https://evil.example/'],
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:text/html,x'],
    ['a session host without TLS', 'http://s-abcd2345.medforge.example.org/'],
    ['a session host on another port', 'https://s-abcd2345.medforge.example.org:8443/'],
    ['a session host with a user name', 'https://medforge@s-abcd2345.medforge.example.org/'],
    [
      'a look-alike that only begins right',
      'https://s-abcd2345.medforge.example.org.evil.example/',
    ],
    ['a look-alike that only ends right', 'https://s-abcd2345.medforge.evilexample.org/'],
    ['a deeper name', 'https://x.s-abcd2345.medforge.example.org/'],
    ['a slug of another length', 'https://s-abcd23456.medforge.example.org/'],
    ['the API itself', 'https://api.medforge.example.org/docs'],
    ['a trailing dot', 'https://s-abcd2345.medforge.example.org./'],
    ['the log-in page again', '/login?next=/login'],
    ['the sign-up page again', '/signup'],
    ['a monstrous length', `/${'a'.repeat(3000)}`],
  ])('falls back to the dashboard for %s', (_note, next) => {
    expect(nextTarget(next, DOMAIN)).toBe(DEFAULT_TARGET)
  })
})

test('the way back survives the log-in address', () => {
  const address = new URL(loginAddress('/competitions/x?y=1&z=2'), 'https://here.invalid')
  expect(nextTarget(address.searchParams.get('next') ?? undefined, DOMAIN)).toBe(
    '/competitions/x?y=1&z=2',
  )
})
