import { createClient } from '@medforge/client'
import { eventually } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { test as base, serverEnv } from '../app.ts'
import { type Started, startServer } from './start-server.ts'

const SLOW = { timeoutMs: 60_000 }

const test = base.extend(
  'start',
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's dependencies from this pattern
  ({}, { onCleanup }) => {
    const started: Started[] = []
    onCleanup(async () => {
      for (const { child, exited } of started) {
        child.kill('SIGKILL')
        await exited
      }
    })
    return async (env: Record<string, string>): Promise<Started> => {
      const server = await startServer(env)
      started.push(server)
      return server
    }
  },
)

describe('the server process', () => {
  test('serves until it is asked to end, and then ends well', async ({ start, database, db }) => {
    expect(db).toBeDefined() // empty: no heartbeat of an earlier test is in it
    const { child, exited, output, url } = await start(serverEnv(database.urlOf('server')))
    await eventually(() => expect(output()).toContain('server.listening'), SLOW)
    const client = createClient({ baseUrl: url })
    expect(await client.health()).toMatchObject({ status: 'degraded' })
    expect(await client.listCompetitions()).toMatchObject({ items: expect.any(Array) })
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
  })

  test('ends when its supervisor is gone', async ({ start, database }) => {
    const { child, exited, output } = await start(serverEnv(database.urlOf('server')))
    await eventually(() => expect(output()).toContain('server.listening'), SLOW)
    child.disconnect()
    expect(await exited).toEqual([0, null])
  })

  test('goes on serving, and can be ended, while nobody reads what it says', async ({
    start,
    database,
    db,
  }) => {
    expect(db).toBeDefined()
    const { child, exited, output, url } = await start(serverEnv(database.urlOf('server')))
    await eventually(() => expect(output()).toContain('server.listening'), SLOW)
    child.stdout?.pause()
    // Far more than a pipe holds: each leaves a line of some 200 bytes.
    for (let batch = 0; batch < 40; batch += 1) {
      const asked = Array.from({ length: 25 }, () => fetch(`${url}/api/v1/me`))
      expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(asked.map(() => 401))
    }
    child.stdout?.resume()
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
    expect(output()).toContain('process.stopping')
  })

  test('waits for a database that is away, says so, and can be ended meanwhile', async ({
    start,
  }) => {
    const { child, exited, output, url } = await start(serverEnv('mysql://x:x@127.0.0.1:1/x'))
    await eventually(() => expect(output()).toContain('database.waiting'), SLOW)
    expect(output()).toContain('the database does not answer')
    expect(child.exitCode).toBeNull()

    const health = await fetch(`${url}/healthz`)
    expect(health.status).toBe(503)
    expect(await health.json()).toMatchObject({
      data: { status: 'degraded', reasons: [expect.stringContaining('waits for its database')] },
      meta: { request_id: health.headers.get('x-request-id'), api_version: 'v1.0' },
    })
    const other = await fetch(`${url}/api/v1/auth/login`, { method: 'POST', body: 'x' })
    expect([other.status, other.headers.get('retry-after')]).toEqual([503, '2'])
    expect(await other.json()).toMatchObject({ code: 'service_unavailable', status: 503 })
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
  })

  test('waits for migrations and names them', async ({ start, database }) => {
    const empty = new URL(database.url)
    empty.pathname = '/mysql'
    const { child, exited, output } = await start(serverEnv(empty.href))
    await eventually(() => expect(output()).toContain('migrations are pending'), SLOW)
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
  })

  test('refuses a configuration that cannot work, in plain words, with every fault', async ({
    start,
  }) => {
    const { exited, output } = await start({ SESSION_SECRET: 'hunter2' })
    expect(await exited).toEqual([78, null])
    expect(output()).toContain('DOMAIN: is missing')
    expect(output()).toContain('SESSION_SECRET: is wrong')
    expect(output()).toContain('PACK_IMAGE: is missing')
    expect(output()).not.toMatch(/hunter2|at .*\.ts/)
  })
})
