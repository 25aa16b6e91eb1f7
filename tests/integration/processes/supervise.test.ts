import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLogger } from '@medforge/api/lib/logger.ts'
import { supervise } from '@medforge/api/main/supervise.ts'
import { eventually } from '@medforge/test-support'
import { test as base, describe, expect } from 'vitest'

const STAND_IN = fileURLToPath(new URL('stand-in.mjs', import.meta.url))
const isRoot = process.getuid?.() === 0

type Facts = { pid: number; uid: number; gid: number; groups: number[]; env: object }
type Child = 'server' | 'reconciler'

/** A supervisor with stand-ins for its children, in a folder that anybody may write to. */
const test = base.extend(
  'start',
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's dependencies from this pattern
  ({}, { onCleanup }) => {
    const folder = mkdtempSync(join(tmpdir(), 'medforge-supervise-'))
    chmodSync(folder, 0o777)
    const stopping = new AbortController()
    let ended: Promise<void> = Promise.resolve()
    onCleanup(async () => {
      stopping.abort()
      await ended
      rmSync(folder, { recursive: true })
    })
    return (env: Record<string, string> = {}) => {
      for (const name of ['server', 'reconciler'])
        copyFileSync(STAND_IN, join(folder, `${name}.mjs`))
      ended = supervise({
        env: { PATH: '/usr/bin', DOMAIN: 'localhost', ...env },
        logger: createLogger('supervisor', 'silent'),
        signal: stopping.signal,
        scripts: { server: join(folder, 'server.mjs'), reconciler: join(folder, 'reconciler.mjs') },
        serverUser: isRoot ? { uid: 10_001, gid: 10_001 } : null,
        graceMs: 300,
      })
      const factsOf = (name: Child) =>
        eventually(() => JSON.parse(readFileSync(join(folder, `${name}.facts`), 'utf8')) as Facts, {
          timeoutMs: 15_000,
        })
      const heardBy = (name: Child): unknown[] => {
        const file = join(folder, `${name}.heard`)
        if (!existsSync(file)) return []
        return readFileSync(file, 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      }
      return { factsOf, heardBy, stop: () => stopping.abort(), ended }
    }
  },
)

describe(supervise, () => {
  test.runIf(isRoot)(
    'takes root and every group from the server and leaves both to the reconciler',
    async ({ start }) => {
      const { factsOf } = start()
      expect(await factsOf('server')).toMatchObject({ uid: 10_001, gid: 10_001 })
      const { groups } = await factsOf('server')
      expect(groups.filter((group) => group !== 10_001)).toEqual([])
      expect(await factsOf('reconciler')).toMatchObject({ uid: 0, gid: 0 })
    },
  )

  test('gives each child its own secrets alone', async ({ start }) => {
    const { factsOf } = start({
      SERVER_DATABASE_URL: 'mysql://server',
      RECONCILER_DATABASE_URL: 'mysql://reconciler',
      SESSION_SECRET: 'key',
      DB_ADMIN_PASSWORD: 'admin',
    })
    const { env: server } = await factsOf('server')
    expect(server).toMatchObject({ DATABASE_URL: 'mysql://server', SESSION_SECRET: 'key' })
    expect(JSON.stringify(server)).not.toMatch(/reconciler|admin/)
    const { env: reconciler } = await factsOf('reconciler')
    expect(reconciler).toMatchObject({ DATABASE_URL: 'mysql://reconciler' })
    expect(JSON.stringify(reconciler)).not.toMatch(/mysql:\/\/server|"key"|admin/)
  })

  test('passes nudges to the reconciler and changes to the server, and nothing else', async ({
    start,
  }) => {
    const { factsOf, heardBy } = start()
    const server = await factsOf('server')
    await factsOf('reconciler')
    process.kill(server.pid, 'SIGUSR1')
    process.kill(server.pid, 'SIGUSR2')
    await eventually(() => {
      expect(heardBy('reconciler')).toEqual([{ type: 'nudge', session_id: 'a' }])
      expect(heardBy('server')).toEqual([{ type: 'changed', session_id: 'a' }])
    })
  })

  test('starts a child that died again and leaves the other alone', async ({ start }) => {
    const { factsOf } = start()
    const server = await factsOf('server')
    const reconciler = await factsOf('reconciler')
    process.kill(reconciler.pid, 'SIGKILL')
    await eventually(
      async () => expect((await factsOf('reconciler')).pid).not.toBe(reconciler.pid),
      {
        timeoutMs: 15_000,
      },
    )
    expect((await factsOf('server')).pid).toBe(server.pid)
  })

  test('asks both to end and is done when they are', async ({ start }) => {
    const { factsOf, heardBy, stop, ended } = start()
    const pids = [(await factsOf('server')).pid, (await factsOf('reconciler')).pid]
    stop()
    await ended
    expect(heardBy('server')).toEqual(['SIGTERM'])
    expect(heardBy('reconciler')).toEqual(['SIGTERM'])
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  test('kills a child that does not end in time', async ({ start }) => {
    const { factsOf, stop, ended } = start({ DOMAIN: 'stubborn' })
    const { pid } = await factsOf('server')
    await factsOf('reconciler')
    stop()
    await ended
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })
})
