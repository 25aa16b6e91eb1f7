import { describe, expect, test } from 'vitest'
import { Failure } from './failure.ts'
import { isInstalled, run, runOrFail } from './process.ts'

describe(run, () => {
  test('gives a failed program back as an answer', async () => {
    const outcome = await run('sh', ['-c', 'echo out; echo err >&2; exit 3'])
    expect(outcome).toMatchObject({ ok: false, exitCode: 3, stdout: 'out', stderr: 'err' })
  })

  test('tells a program that is not there', async () => {
    expect(await run('medforge-no-such-program', [])).toMatchObject({ ok: false, missing: true })
  })

  test('ends a program that takes too long', async () => {
    const outcome = await run('sleep', ['30'], { timeoutMs: 100 })
    expect(outcome).toMatchObject({ ok: false, timedOut: true })
  })

  test('never lets a shell read its arguments', async () => {
    expect((await run('echo', ['$(id)', '; id'])).stdout).toBe('$(id) ; id')
  })

  test('hands lines over as they come', async () => {
    const lines: string[] = []
    await run('sh', ['-c', 'echo one; echo two >&2'], { onLine: (line) => lines.push(line) })
    expect(lines.sort()).toEqual(['one', 'two'])
  })
})

describe(runOrFail, () => {
  test('says what failed, its last words, and what to do', async () => {
    const failure = { message: 'It did not work', remedy: 'Try again.' }
    const promise = runOrFail('sh', ['-c', 'echo some reason >&2; exit 1'], failure)
    await expect(promise).rejects.toThrow('It did not work (sh: some reason).')
    await expect(promise).rejects.toBeInstanceOf(Failure)
    await expect(promise).rejects.toHaveProperty('remedy', 'Try again.')
  })
})

describe(isInstalled, () => {
  test('knows what is on the path', async () => {
    expect(await isInstalled('sh')).toBe(true)
    expect(await isInstalled('medforge-no-such-program')).toBe(false)
  })
})
