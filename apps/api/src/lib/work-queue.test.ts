import { describe, expect, test } from 'vitest'
import { createWorkQueue, type WorkItem, type WorkResult } from './work-queue.ts'

const DONE: WorkResult = { kind: 'done' }
const AT_ONCE: WorkResult = { kind: 'requeue', afterMs: 0 }

/** A clock and timers that move by hand. */
function createTimers() {
  let nowMs = 0
  const timers = new Set<{ dueMs: number; callback: () => void }>()
  return {
    monotonicMs: () => nowMs,
    setTimer(ms: number, callback: () => void) {
      const timer = { dueMs: nowMs + ms, callback }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    /** How long until each timer fires, soonest first. */
    pending: () => [...timers].map(({ dueMs }) => dueMs - nowMs).toSorted((a, b) => a - b),
    advance(ms: number) {
      nowMs += ms
      for (const timer of [...timers].filter(({ dueMs }) => dueMs <= nowMs)) {
        timers.delete(timer)
        timer.callback()
      }
    },
  }
}

/** A queue whose attempts end as `process` does, and what it processed so far. */
function open(process: (item: WorkItem<string>, nth: number) => Promise<WorkResult>) {
  const timers = createTimers()
  const shutdown = new AbortController()
  const attempts: string[] = []
  const queue = createWorkQueue<string>({
    async process(item) {
      attempts.push(`${item.key} ${item.cause}`)
      return process(item, attempts.length)
    },
    backoffMs: (failures) => 100 * 2 ** failures,
    signal: shutdown.signal,
    monotonicMs: timers.monotonicMs,
    setTimer: timers.setTimer,
  })
  return { queue, timers, attempts, shutdown }
}

/** An attempt that lasts until it is released. */
function openGate() {
  const { promise, resolve } = Promise.withResolvers<WorkResult>()
  return { ended: promise, release: (result = DONE) => resolve(result) }
}

describe(createWorkQueue, () => {
  test('processes a key at once, and keys beside each other', async () => {
    const gates = new Map([
      ['a', openGate()],
      ['b', openGate()],
    ])
    const { queue, attempts } = open(({ key }) => gates.get(key)?.ended ?? expect.fail())
    queue.add('a', 'one')
    queue.add('b', 'two')
    expect(attempts).toEqual(['a one', 'b two'])
    expect(queue.isProcessing('a')).toBe(true)
    for (const gate of gates.values()) gate.release()
    await queue.idle()
    expect(queue.isProcessing('a')).toBe(false)
  })

  test('never has two workers on one key, and merges all additions during an attempt into one more', async () => {
    const gate = openGate()
    let inside = 0
    const { queue, attempts } = open(async (_item, nth) => {
      inside += 1
      expect(inside).toBe(1)
      const result = nth === 1 ? await gate.ended : DONE
      inside -= 1
      return result
    })
    for (const cause of ['first', 'second', 'third', 'last']) queue.add('a', cause)
    gate.release()
    await queue.idle()
    expect(attempts).toEqual(['a first', 'a last'])
  })

  test('signals an attempt whose key is added again, and processes it at once whatever the result was', async () => {
    const results: WorkResult[] = [{ kind: 'requeue', afterMs: 60_000 }, DONE]
    const { queue, attempts, timers } = open(async ({ superseded }, nth) => {
      if (nth === 1) {
        queue.add('a', 'again')
        expect(superseded.aborted).toBe(true)
      } else expect(superseded.aborted).toBe(false)
      return results[nth - 1] ?? expect.fail()
    })
    queue.add('a', 'first')
    await queue.idle()
    expect(attempts).toEqual(['a first', 'a again'])
    expect(timers.pending()).toEqual([])
  })

  test('processes a key again after the time that its worker asked for', async () => {
    const { queue, attempts, timers } = open(async (_item, nth) =>
      nth === 1 ? { kind: 'requeue', afterMs: 500 } : DONE,
    )
    queue.add('a', 'first')
    await queue.idle()
    timers.advance(499)
    expect(attempts).toHaveLength(1)
    timers.advance(1)
    await queue.idle()
    expect(attempts).toEqual(['a first', 'a first'])
    expect(timers.pending()).toEqual([])
  })

  test('counts as busy until a key that is processed again at once is done', async () => {
    const { queue, attempts } = open(async (_item, nth) => (nth < 5 ? AT_ONCE : DONE))
    queue.add('a', 'first')
    await queue.idle()
    expect(attempts).toHaveLength(5)
  })

  test('lets a worker that asks for another attempt at once without end pause now and then', async () => {
    const { queue, attempts, timers } = open(async () => AT_ONCE)
    queue.add('a', 'first')
    await queue.idle()
    expect(attempts).toHaveLength(50)
    expect(timers.pending()).toEqual([100])
    timers.advance(100)
    await queue.idle()
    expect(attempts).toHaveLength(100)
  })

  test('cuts the delay of a key short when it is added', async () => {
    const { queue, attempts, timers } = open(async () => DONE)
    queue.addAfter('a', 1_000, 'later')
    expect(attempts).toEqual([])
    queue.add('a', 'now')
    await queue.idle()
    expect(timers.pending()).toEqual([])
    expect(attempts).toEqual(['a now'])
  })

  test('keeps the earliest of several delays of a key', async () => {
    const { queue, attempts, timers } = open(async () => DONE)
    queue.addAfter('a', 1_000, 'late')
    queue.addAfter('a', 300, 'early')
    timers.advance(100)
    queue.addAfter('a', 900, 'latest')
    expect(timers.pending()).toEqual([200])
    timers.advance(5_000)
    await queue.idle()
    expect(attempts).toEqual(['a early'])
  })

  test('promotes what is delayed, each key once', async () => {
    const { queue, attempts, timers } = open(async () => DONE)
    queue.addAfter('a', 1_000, 'later')
    queue.addAfter('b', 2_000, 'later')
    queue.promoteDelayed('promoted')
    await queue.idle()
    expect(attempts).toEqual(['a promoted', 'b promoted'])
    expect(timers.pending()).toEqual([])
  })

  test('retries a failure with a back-off of the key’s own, which a success forgets', async () => {
    let isBroken = true
    const { queue, timers } = open(async ({ key }) => {
      if (key === 'bad' && isBroken) throw new Error('no')
      return DONE
    })
    const pauses: (number | undefined)[] = []
    queue.add('bad', 'first')
    for (let retries = 0; retries < 3; retries += 1) {
      await queue.idle()
      pauses.push(timers.pending()[0])
      timers.advance(timers.pending()[0] ?? 0)
    }
    queue.add('good', 'first')
    await queue.idle()
    isBroken = false
    queue.promoteDelayed('promoted')
    await queue.idle()
    isBroken = true
    queue.add('bad', 'again')
    await queue.idle()
    expect(pauses).toEqual([100, 200, 400])
    expect(timers.pending()).toEqual([100])
  })

  test('keeps the back-off of a failing key that is added meanwhile', async () => {
    const { queue, timers } = open(async () => {
      throw new Error('no')
    })
    queue.add('a', 'first')
    await queue.idle()
    queue.add('a', 'again')
    await queue.idle()
    expect(timers.pending()).toEqual([200])
  })

  test('processes nothing once it is shut down, drops what is delayed and waits for what is processed', async () => {
    const gate = openGate()
    const { queue, attempts, timers, shutdown } = open(({ superseded }) => {
      superseded.addEventListener('abort', () => gate.release({ kind: 'requeue', afterMs: 10 }))
      return gate.ended
    })
    queue.add('a', 'first')
    queue.addAfter('b', 1_000, 'later')
    shutdown.abort()
    queue.add('c', 'too late')
    queue.addAfter('c', 10, 'too late')
    await queue.idle()
    expect(attempts).toEqual(['a first'])
    expect(timers.pending()).toEqual([])
  })
})
