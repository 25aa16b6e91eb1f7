import { hashPassword } from '@medforge/core'
import { describe, expect, test } from 'vitest'
import { createHashing } from './hashing.ts'

/** The real hashes, and a note of what each was compared with. */
function watched() {
  const compared: string[] = []
  const hashing = createHashing({
    hash: hashPassword,
    verify: async (passwordHash) => {
      compared.push(passwordHash)
      return true
    },
  })
  return { hashing, compared }
}

describe(createHashing, () => {
  test('does the same work for an account that does not exist, and answers no', async () => {
    const { hashing, compared } = watched()
    expect(await hashing.verify(undefined, 'anything')).toBe(false)
    const real = await hashPassword('anything')
    const costOf = (phc: string | undefined) => phc?.split('$').slice(0, 4)
    expect(compared.map(costOf)).toEqual([costOf(real)])
  })

  test('refuses with 503 and Retry-After beyond 66 at once, and works again afterwards', async () => {
    const gate = Promise.withResolvers<void>()
    const hashing = createHashing({
      hash: async () => '',
      verify: async () => {
        await gate.promise
        return true
      },
    })
    const asked = Array.from({ length: 70 }, () => hashing.verify('hash', 'password'))
    const refused = Promise.allSettled(asked)
    gate.resolve()
    const outcomes = await refused
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(4)
    expect(outcomes.at(-1)).toMatchObject({
      reason: { key: 'service_unavailable', headers: { 'retry-after': '2' } },
    })
    expect(await hashing.verify('hash', 'password')).toBe(true)
  })
})
