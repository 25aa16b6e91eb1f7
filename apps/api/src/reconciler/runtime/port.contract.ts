import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { HostRefusedError } from '../host-error.ts'
import type { ContainerRef, ContainerSpec, SessionRuntime } from './port.ts'

export type RuntimeUnderTest = {
  runtime: SessionRuntime
  /** A spec that this runtime can start, for a session of its own. */
  newSpec(): ContainerSpec
  /** The session's container ends by itself with exit code 3. */
  endContainer(ref: ContainerRef): Promise<void>
  /** The session's container disappears, not through us. */
  vanishContainer(ref: ContainerRef): Promise<void>
  /** A container that is not this session's takes its name. */
  occupyName(slug: string): Promise<void>
}

const signal = AbortSignal.timeout(10 * 60_000)

/** What every `SessionRuntime` promises; the fake and Docker both pass it. */
export function describeSessionRuntime(name: string, underTest: () => RuntimeUnderTest): void {
  describe(`${name} keeps the contract of SessionRuntime`, () => {
    test('a container that was never made is absent', async () => {
      const { runtime, newSpec } = underTest()
      expect(await runtime.observe(newSpec(), signal)).toEqual({ kind: 'absent' })
    })

    test('a started container is observed as running and listed with its session', async () => {
      const { runtime, newSpec } = underTest()
      const spec = newSpec()
      const id = await runtime.start(spec, signal)
      expect(await runtime.observe(spec, signal)).toEqual({ kind: 'present', id, state: 'running' })
      expect(await runtime.list(signal)).toContainEqual({
        id,
        name: `mf-session-${spec.slug}`,
        sessionId: spec.sessionId,
        isRunning: true,
      })
      await runtime.remove(id, signal)
    })

    test('starting twice, or twice at once, makes one container', async () => {
      const { runtime, newSpec } = underTest()
      const spec = newSpec()
      const ids = await Promise.all([runtime.start(spec, signal), runtime.start(spec, signal)])
      ids.push(await runtime.start(spec, signal))
      expect(new Set(ids).size).toBe(1)
      await runtime.remove(ids[0] ?? '', signal)
    })

    test('a container whose start is not confirmed is never started, and does not stay', async () => {
      const { runtime, newSpec } = underTest()
      const spec = newSpec()
      const seen: string[] = []
      const confirm = async () => {
        const fact = await runtime.observe(spec, signal)
        seen.push(fact.kind === 'present' ? fact.state : fact.kind)
        throw new Error('Not any more.')
      }
      await expect(runtime.start(spec, signal, confirm)).rejects.toThrow('Not any more.')
      expect(seen).toEqual(['created'])
      expect(await runtime.observe(spec, signal)).toEqual({ kind: 'absent' })
    })

    test('a container that runs already outlives a start that is not confirmed', async () => {
      const { runtime, newSpec } = underTest()
      const spec = newSpec()
      const id = await runtime.start(spec, signal)
      const confirm = () => Promise.reject(new Error('Not any more.'))
      await expect(runtime.start(spec, signal, confirm)).rejects.toThrow('Not any more.')
      expect(await runtime.observe(spec, signal)).toEqual({ kind: 'present', id, state: 'running' })
      await runtime.remove(id, signal)
    })

    test('a removed container is absent, and removing it again is fine', async () => {
      const { runtime, newSpec } = underTest()
      const spec = newSpec()
      const id = await runtime.start(spec, signal)
      await Promise.all([runtime.remove(id, signal), runtime.remove(id, signal)])
      await runtime.remove(id, signal)
      expect(await runtime.observe(spec, signal)).toEqual({ kind: 'absent' })
    })

    test('a container that ended by itself is observed with its exit code, and can be removed', async () => {
      const { runtime, newSpec, endContainer } = underTest()
      const spec = newSpec()
      const id = await runtime.start(spec, signal)
      await endContainer(spec)
      expect(await runtime.observe(spec, signal)).toEqual({
        kind: 'present',
        id,
        state: 'ended',
        exitCode: 3,
        oomKilled: false,
      })
      await runtime.remove(id, signal)
      expect(await runtime.observe(spec, signal)).toEqual({ kind: 'absent' })
    })

    test("somebody else's container under the name is foreign, is not listed, and is never taken over", async () => {
      const { runtime, newSpec, occupyName } = underTest()
      const spec = newSpec()
      await occupyName(spec.slug)
      expect(await runtime.observe(spec, signal)).toEqual({ kind: 'foreign' })
      expect((await runtime.list(signal)).map((listed) => listed.name)).not.toContain(
        `mf-session-${spec.slug}`,
      )
      await expect(runtime.start(spec, signal)).rejects.toThrow(HostRefusedError)
    })

    test('another session with the same slug sees the container as foreign', async () => {
      const { runtime, newSpec } = underTest()
      const spec = newSpec()
      const id = await runtime.start(spec, signal)
      const other = { sessionId: randomUUID(), slug: spec.slug }
      expect(await runtime.observe(other, signal)).toEqual({ kind: 'foreign' })
      await runtime.remove(id, signal)
    })

    test('an end and a disappearance are called out to a watcher', async () => {
      const { runtime, newSpec, endContainer, vanishContainer } = underTest()
      const stop = new AbortController()
      const first = newSpec()
      const second = newSpec()
      const id = await runtime.start(first, signal)
      await runtime.start(second, signal)
      const seen = new Map<string, PromiseWithResolvers<void>>([
        [first.sessionId, Promise.withResolvers<void>()],
        [second.sessionId, Promise.withResolvers<void>()],
      ])
      const watching = runtime.watch((sessionId) => seen.get(sessionId)?.resolve(), stop.signal)
      await endContainer(first)
      await vanishContainer(second)
      const calls = Promise.all([...seen.values()].map(({ promise }) => promise))
      await expect(calls).resolves.toHaveLength(2)
      stop.abort()
      await watching
      await runtime.remove(id, signal)
    })

    test('a call that is cancelled leaves the fact unknown instead of absent', async () => {
      const { runtime, newSpec } = underTest()
      const fact = await runtime.observe(newSpec(), AbortSignal.abort())
      expect(fact.kind).toBe('unknown')
    })
  })
}
