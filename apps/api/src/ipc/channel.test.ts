import { describe, expect, test } from 'vitest'
import { createIpc, createIpcPair } from './channel.ts'

const { signal } = new AbortController()

describe(createIpc, () => {
  test('carries a nudge one way and a change the other', async () => {
    const pair = createIpcPair()
    const server = createIpc(pair.server)
    const reconciler = createIpc(pair.reconciler)
    const heard: string[] = []
    reconciler.onNudge((id) => heard.push(`nudge ${id}`))
    server.onChanged((id) => heard.push(`changed ${id}`))
    server.nudge('a')
    reconciler.changed('b')
    await Promise.resolve()
    expect(heard).toEqual(['nudge a', 'changed b'])
  })

  test('passes over what is not one of its messages', async () => {
    const pair = createIpcPair()
    const reconciler = createIpc(pair.reconciler)
    const heard: string[] = []
    const unsubscribe = reconciler.onNudge((id) => heard.push(id))
    for (const message of [
      null,
      'nudge',
      { type: 'nudge' },
      { type: 'changed', session_id: 'a' },
    ]) {
      pair.server.send?.(message as never)
    }
    unsubscribe()
    pair.server.send?.({ type: 'nudge', session_id: 'late' })
    await Promise.resolve()
    expect(heard).toEqual([])
  })

  test('answers a flush once what was noted is written', async () => {
    const pair = createIpcPair()
    const [server, reconciler] = [createIpc(pair.server), createIpc(pair.reconciler)]
    const written = Promise.withResolvers<void>()
    server.onFlush(() => written.promise)
    let isAnswered = false
    const answer = reconciler.flush(60_000, signal).then((isWritten) => {
      isAnswered = true
      return isWritten
    })
    for (let moment = 0; moment < 20; moment += 1) await null
    expect(isAnswered).toBe(false)
    written.resolve()
    expect(await answer).toBe(true)
  })

  test.for([
    ['nobody listens', undefined],
    ['it cannot be written', () => Promise.reject(new Error('The database is read-only.'))],
    ['it takes too long', () => new Promise<void>(() => {})],
  ] as const)('counts a flush as failed when %s', async ([, write]) => {
    const pair = createIpcPair()
    if (write) createIpc(pair.server).onFlush(write)
    expect(await createIpc(pair.reconciler).flush(20, signal)).toBe(false)
  })

  test('takes no answer to another flush', async () => {
    const pair = createIpcPair()
    const asked = createIpc(pair.reconciler).flush(20, signal)
    pair.server.send?.({ type: 'flushed', request_id: 'another' })
    expect(await asked).toBe(false)
  })

  test('survives a channel that is closed', () => {
    const closed = createIpc({
      send() {
        throw new Error('closed')
      },
      on() {},
      off() {},
    })
    expect(() => closed.nudge('a')).not.toThrow()
  })
})
