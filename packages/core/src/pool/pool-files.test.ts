import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { createPoolFiles, type PoolFiles } from './pool-files.ts'

/** Questions that are answered when the test says so. */
function createQuestions() {
  const asked: { answer(value: PoolFiles): void; isAbandoned: boolean }[] = []
  const ask = () => {
    const { promise, resolve } = Promise.withResolvers<PoolFiles>()
    const question = { answer: resolve, isAbandoned: false }
    asked.push(question)
    const abandon = () => {
      question.isAbandoned = true
    }
    return { answered: promise, abandon }
  }
  return { asked, ask }
}

describe(createPoolFiles, () => {
  test('passes on an answer that comes in time', async () => {
    const { asked, ask } = createQuestions()
    const poolFiles = createPoolFiles(['/pool'], { limitMs: 60_000, ask })
    const answer = poolFiles()
    asked[0]?.answer('absent')
    expect(await answer).toBe('absent')
    expect(asked[0]?.isAbandoned).toBe(false)
  })

  test('calls a file system silent that does not answer in time', async () => {
    const { asked, ask } = createQuestions()
    expect(await createPoolFiles(['/pool'], { limitMs: 1, ask })()).toBe('silent')
    expect(asked).toMatchObject([{ isAbandoned: true }])
  })

  test('puts one question at a time, and no other before an abandoned one has ended', async () => {
    const { asked, ask } = createQuestions()
    const poolFiles = createPoolFiles(['/pool'], { limitMs: 1, ask })
    expect(await Promise.all([poolFiles(), poolFiles()])).toEqual(['silent', 'silent'])
    expect(await poolFiles()).toBe('silent')
    expect(asked).toHaveLength(1)
    asked[0]?.answer('answer')
    await Promise.resolve()
    const next = poolFiles()
    asked[1]?.answer('answer')
    expect(await next).toBe('answer')
  })

  test.each<[PoolFiles, string[]]>([
    ['answer', [tmpdir()]],
    ['answer', [tmpdir(), '/nowhere/at/all']],
    ['absent', ['/nowhere/at/all', '/nowhere/else']],
    ['silent', ['/nowhere/at/all', `/${'long'.repeat(100)}`]],
  ])('says %s of %s', async (expected, paths) => {
    expect(await createPoolFiles(paths, { limitMs: 60_000 })()).toBe(expected)
  })
})
