import { expect, test } from 'vitest'
import { createLogger } from '../lib/logger.ts'
import { createOrphanRemover } from './orphans.ts'
import { createFakeRuntime } from './runtime/fake.ts'

const signal = new AbortController().signal

/** A host with one container whose session has no row. */
async function openHost() {
  const runtime = createFakeRuntime()
  await runtime.start(
    {
      ...{ sessionId: 's', userId: 'u', slug: 'aaaaaaaa', tier: 'public', image: 'image' },
      ...{ gpu: { id: 0, uuid: null }, workspacePath: '/workspace', limits: {} },
    },
    signal,
  )
  const orphans = createOrphanRemover({ runtime, signal, logger: createLogger('test', 'silent') })
  const listed = await runtime.list(signal)
  return { runtime, orphans, listed }
}

test('removes what two listings in a row agree about, once', async () => {
  const { runtime, orphans, listed } = await openHost()
  orphans.check(listed, [])
  await orphans.idle()
  expect(runtime.containers.size).toBe(1)
  orphans.check(listed, [])
  orphans.check(listed, [])
  await orphans.idle()
  expect(runtime.containers.size).toBe(0)
  expect(runtime.calls.filter((call) => call === 'remove')).toHaveLength(1)
})

test('takes a container that was no orphan in between for a new suspect', async () => {
  const { runtime, orphans, listed } = await openHost()
  orphans.check(listed, [])
  orphans.check([], [])
  orphans.check(listed, [])
  await orphans.idle()
  expect(runtime.containers.size).toBe(1)
})

test('removes an orphan later whose removal failed', async () => {
  const { runtime, orphans, listed } = await openHost()
  orphans.check(listed, [])
  runtime.setAway(true)
  orphans.check(listed, [])
  await orphans.idle()
  runtime.setAway(false)
  orphans.check(listed, [])
  await orphans.idle()
  expect(runtime.containers.size).toBe(0)
})
