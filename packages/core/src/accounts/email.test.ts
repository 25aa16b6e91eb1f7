import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalEmail } from './email.ts'

describe(canonicalEmail, () => {
  test.each([
    [' Ada@Example.ORG\n', 'ada@example.org'],
    ['a+b.c_d@sub.example.org', 'a+b.c_d@sub.example.org'],
    ['admin@medforge.localhost', 'admin@medforge.localhost'],
    ['ada@localhost', 'ada@localhost'],
    ['ada@test', 'ada@test'],
    ['JOSE\u0301@example.org', 'jos\u00e9@example.org'],
    ['ada@b\u00fccher.example', 'ada@b\u00fccher.example'],
  ])('makes of %j: %j', (text, email) => {
    expect(canonicalEmail(text)).toBe(email)
  })

  test.each([
    '',
    'ada',
    '@example.org',
    'ada@',
    'ada@intranet',
    'a@b@example.org',
    'ada@.org',
    'ada@example.',
    'ada@example..org',
    'a da@example.org',
    'ada@exam\u0000ple.org',
    'ada\u200b@example.org',
    `${'a'.repeat(310)}@example.org`,
    'ada\ud800@example.org',
  ])('refuses %j', (text) => {
    expect(canonicalEmail(text)).toBeNull()
  })

  test('leaves what it made as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (local) => {
        const email = canonicalEmail(`${local}@Example.ORG`)
        if (email !== null) expect(canonicalEmail(email)).toBe(email)
      }),
    )
  })
})
