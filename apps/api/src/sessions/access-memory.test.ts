import { describe, expect, test } from 'vitest'
import { type AccessQuestion, createAccessMemory } from './access-memory.ts'
import type { AccessReading } from './repository.ts'

const QUESTION: AccessQuestion = {
  slug: 'abcdefgh',
  tokenHash: Buffer.alloc(32, 1),
  loginKey: 'the login',
}
const HASH = QUESTION.tokenHash.toString('hex')
const LOGIN = {
  id: 'login',
  userId: 'ada',
  role: 'user' as const,
  tokenHash: QUESTION.tokenHash,
  lastSeenMs: 0,
  expiresMs: 1e12,
}
const SESSION = { id: 'session', ownerId: 'ada', isRunning: true }

/** A memory on a clock and a database of the test's own: each reading is answered when the test says so. */
function openMemory() {
  const clock = { nowMs: 0 }
  const timers: (() => void)[] = []
  const readings: PromiseWithResolvers<AccessReading>[] = []
  const renewals: PromiseWithResolvers<string | null>[] = []
  const memory = createAccessMemory({
    readAccess: () => next(readings),
    readEpoch: () => next(renewals),
    monotonicMs: () => clock.nowMs,
    setTimer: (run) => timers.push(run),
  })

  /** Has a question read and answered. */
  async function learn(epoch: string | null, rows: Partial<AccessReading> = {}) {
    const asked = memory.read(QUESTION)
    readings.at(-1)?.resolve(readingOf(epoch, rows))
    return asked
  }

  /** What the timer brings about, answered. */
  async function renew(epoch: string | null): Promise<void> {
    timers.shift()?.()
    renewals.at(-1)?.resolve(epoch)
    await new Promise(setImmediate)
  }

  return { ...{ clock, timers, readings, renewals, memory, learn, renew } }
}

function next<Answer>(list: PromiseWithResolvers<Answer>[]): Promise<Answer> {
  const answer = Promise.withResolvers<Answer>()
  list.push(answer)
  return answer.promise
}

function readingOf(epoch: string | null, rows: Partial<AccessReading> = {}): AccessReading {
  const sessions = new Map([[QUESTION.slug, SESSION]])
  return { epoch, logins: new Map([[HASH, LOGIN]]), sessions, ...rows }
}

describe(createAccessMemory, () => {
  test('recalls a login and a session that were read, and nothing else', async () => {
    const { memory, learn } = openMemory()
    expect(memory.recall(QUESTION)).toBeUndefined()
    await learn('one')
    expect(memory.recall(QUESTION)).toEqual({ login: LOGIN, session: SESSION })
    expect(memory.recall({ ...QUESTION, slug: 'bcdefghi' })).toBeUndefined()
    expect(memory.recall({ ...QUESTION, loginKey: 'another' })).toBeUndefined()
  })

  test('recalls before the epoch has ever been moved', async () => {
    const { memory, learn } = openMemory()
    await learn(null)
    expect(memory.recall(QUESTION)).toBeDefined()
  })

  test('keeps no session that does not run yet, and no login that is none', async () => {
    const { memory, learn } = openMemory()
    const starting = { ...SESSION, isRunning: false }
    const access = await learn('one', { sessions: new Map([[QUESTION.slug, starting]]) })
    expect(access).toEqual({ login: LOGIN, session: starting })
    expect(memory.recall(QUESTION)).toBeUndefined()
    expect(await learn('one', { logins: new Map() })).toEqual({ session: SESSION })
  })

  test('recalls for 250 ms from when the reading was sent, not from when it came', async () => {
    const { clock, memory, readings } = openMemory()
    const asked = memory.read(QUESTION)
    clock.nowMs = 200
    readings[0]?.resolve(readingOf('one'))
    await asked
    clock.nowMs = 250
    expect(memory.recall(QUESTION)).toBeDefined()
    clock.nowMs = 251
    expect(memory.recall(QUESTION)).toBeUndefined()
  })

  test('is renewed by the epoch alone every 100 ms, and only while somebody asks', async () => {
    const { clock, memory, timers, readings, renewals, learn, renew } = openMemory()
    await learn('one')
    for (let round = 1; round <= 5; round += 1) {
      clock.nowMs = round * 200
      expect(memory.recall(QUESTION), `round ${round}`).toBeDefined()
      await renew('one')
    }
    expect([readings.length, renewals.length, timers.length]).toEqual([1, 5, 1])
    timers.shift()?.()
    expect([renewals.length, timers.length]).toEqual([5, 0])
    clock.nowMs += 251
    expect(memory.recall(QUESTION)).toBeUndefined()
    expect(timers).toHaveLength(1)
  })

  test('renews once at a time, and goes on after one that failed', async () => {
    const { memory, timers, renewals, learn, renew } = openMemory()
    await learn('one')
    memory.recall(QUESTION)
    timers.shift()?.()
    memory.recall(QUESTION)
    timers.shift()?.()
    expect(renewals).toHaveLength(1)
    renewals[0]?.reject(new Error('away'))
    await expect(renewals[0]?.promise).rejects.toThrow('away')
    await new Promise(setImmediate)
    memory.recall(QUESTION)
    await renew('one')
    expect(renewals).toHaveLength(2)
  })

  test('recalls nothing of another epoch until it was read again', async () => {
    const { memory, learn, renew } = openMemory()
    await learn('one')
    memory.recall(QUESTION)
    await renew('two')
    expect(memory.recall(QUESTION)).toBeUndefined()
    await learn('two')
    expect(memory.recall(QUESTION)).toBeDefined()
  })

  test('takes no reading for the newest that was sent before another, whichever comes first', async () => {
    const { memory, readings, learn } = openMemory()
    const asked = [memory.read(QUESTION), memory.read(QUESTION)]
    readings[1]?.resolve(readingOf('two'))
    await asked[1]
    expect(memory.recall(QUESTION)).toBeDefined()
    readings[0]?.resolve(readingOf('one'))
    await asked[0]
    expect(memory.recall(QUESTION)).toBeUndefined()
    await learn('two')
    expect(memory.recall(QUESTION)).toBeDefined()
  })

  test.for([
    ['is done', () => Promise.resolve()],
    ['has an unknown outcome', () => Promise.reject(new Error('lost'))],
  ] as const)(
    'recalls nothing while this process takes somebody’s access, and after it %s only by what was read since',
    async ([, outcome]) => {
      const { memory, readings, learn } = openMemory()
      await learn('one')
      const end = Promise.withResolvers<void>()
      const change = memory.changing(() => end.promise)
      expect(memory.recall(QUESTION)).toBeUndefined()
      const before = memory.read(QUESTION)
      await learn('one')
      expect(memory.recall(QUESTION)).toBeUndefined()
      end.resolve(outcome())
      await change.catch(() => {})
      readings[1]?.resolve(readingOf('one'))
      await before
      expect(memory.recall(QUESTION)).toBeUndefined()
      await learn('one')
      expect(memory.recall(QUESTION)).toBeDefined()
    },
  )

  test('recalls nothing that is older than what was shown to anybody', async () => {
    const { memory, learn, renew } = openMemory()
    await learn('one')
    memory.noteShown()
    expect(memory.recall(QUESTION)).toBeUndefined()
    await renew('one')
    expect(memory.recall(QUESTION)).toBeDefined()
  })
})
