import { describe, expect, test } from 'vitest'
import { createIpc, createIpcPair } from './channel.ts'

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
