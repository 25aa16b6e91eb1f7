import { describe, expect, test } from 'vitest'
import { findPasswordFault, hashPassword, verifyPassword } from './passwords.ts'

describe(findPasswordFault, () => {
  test.each(['12345678', '        ', '😀'.repeat(8), 'x'.repeat(128), '😀'.repeat(128)])(
    'accepts %j',
    (password) => expect(findPasswordFault(password)).toBeNull(),
  )

  test.each(['', '1234567', '😀'.repeat(7), 'x'.repeat(129), 'e\u0301'.repeat(7), 'eight\ud800xx'])(
    'refuses %j',
    (password) => expect(findPasswordFault(password)).not.toBeNull(),
  )
})

describe(hashPassword, () => {
  test('is argon2id with OWASP’s parameters, salted, and verified in either composition', async () => {
    const [first, second] = await Promise.all([
      hashPassword('caf\u00e9 au lait'),
      hashPassword('caf\u00e9 au lait'),
    ])
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(first).not.toBe(second)
    expect(await verifyPassword(first, 'cafe\u0301 au lait')).toBe(true)
    expect(await verifyPassword(first, 'cafe au lait')).toBe(false)
  })
})

test('hashing leaves the event loop free', async () => {
  const order: string[] = []
  const hashed = hashPassword('correct horse').then(() => order.push('hashed'))
  await new Promise((resolve) => setImmediate(resolve))
  order.push('went on')
  await hashed
  expect(order).toEqual(['went on', 'hashed'])
})
