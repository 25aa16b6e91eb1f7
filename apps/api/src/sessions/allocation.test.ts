import { SESSION_SLUG_ALPHABET, SESSION_SLUG_PATTERN } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { mintSlug } from './allocation.ts'

describe(mintSlug, () => {
  test('mints what the contract and the edge take for a slug, of every letter, and never one twice', () => {
    const slugs = Array.from({ length: 1000 }, mintSlug)
    const pattern = new RegExp(SESSION_SLUG_PATTERN)
    expect(slugs.filter((slug) => !pattern.test(slug))).toEqual([])
    expect([...new Set(slugs.join(''))].toSorted()).toEqual([...SESSION_SLUG_ALPHABET].toSorted())
    expect(new Set(slugs).size).toBe(slugs.length)
  })
})
