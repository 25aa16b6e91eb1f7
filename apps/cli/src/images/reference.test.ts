import { describe, expect, it, test } from 'vitest'
import { Failure } from '../failure.ts'
import { digestFor, isLocalReference, isPinned, requirePinned } from './reference.ts'

const DIGEST = `sha256:${'ab'.repeat(32)}`

describe(isPinned, () => {
  test.each([
    { note: 'takes a name with a digest', reference: `mariadb@${DIGEST}`, pinned: true },
    {
      note: 'takes a tag beside the digest',
      reference: `r.io:5000/a/b:11@${DIGEST}`,
      pinned: true,
    },
    { note: 'refuses a tag alone', reference: 'mariadb:11.8', pinned: false },
    { note: 'refuses a short digest', reference: 'mariadb@sha256:abcd', pinned: false },
    { note: 'refuses anything after the digest', reference: `mariadb@${DIGEST}0`, pinned: false },
    { note: 'refuses upper-case hex', reference: `m@${DIGEST.toUpperCase()}`, pinned: false },
  ])('$note', ({ reference, pinned }) => expect(isPinned(reference)).toBe(pinned))
})

describe(requirePinned, () => {
  it('names the setting, what it holds and what to write instead', () => {
    const attempt = () => requirePinned('pack', 'example.org/cuda:latest')
    expect(attempt).toThrow(Failure)
    expect(attempt).toThrow('PACK_IMAGE is "example.org/cuda:latest", which has no digest.')
  })

  it('accepts a pinned reference', () => {
    expect(() => requirePinned('db', `mariadb@${DIGEST}`)).not.toThrow()
  })
})

describe(isLocalReference, () => {
  it('tells an image that was built here from one that an operator named', () => {
    expect(isLocalReference(`127.0.0.1:5055/medforge/api@${DIGEST}`)).toBe(true)
    expect(isLocalReference(`127.0.0.1:5055/other/api@${DIGEST}`)).toBe(false)
    expect(isLocalReference(`docker.io/library/mariadb@${DIGEST}`)).toBe(false)
  })
})

describe(digestFor, () => {
  const repository = '127.0.0.1:5055/medforge/api'

  it('finds the digest of that repository among others', () => {
    const digests = [`127.0.0.1:5055/medforge/layers@${DIGEST}`, `${repository}@${DIGEST}`]
    expect(digestFor(repository, digests)).toBe(`${repository}@${DIGEST}`)
  })

  it('gives the same one whatever the order', () => {
    const digests = [`${repository}@${DIGEST}`, `${repository}@sha256:${'0'.repeat(64)}`]
    expect(digestFor(repository, digests)).toBe(digestFor(repository, digests.toReversed()))
  })

  it('finds nothing in an image that was never pushed there', () => {
    expect(digestFor(repository, [])).toBeUndefined()
    expect(digestFor(repository, [`${repository}-old@${DIGEST}`])).toBeUndefined()
  })
})
