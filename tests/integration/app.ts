import { Writable } from 'node:stream'
import { buildApp } from '@medforge/api/app.ts'
import { parseServerConfig } from '@medforge/api/config/config.ts'
import { openServerContext, type ServerContext } from '@medforge/api/context.ts'
import { createHashing, type Hashing } from '@medforge/api/identity/hashing.ts'
import type { IpcEndpoint } from '@medforge/api/ipc/channel.ts'
import { createLogger } from '@medforge/api/lib/logger.ts'
import { normalizePassword, verifyPassword } from '@medforge/core'
import type { PoolFiles } from '@medforge/core/pool-files'
import type { DB } from '@medforge/db'
import {
  createFakeClock,
  createVisitor,
  type FakeClock,
  type Injectable,
  openWorkerDatabase,
  type Visitor,
  type VisitorOptions,
} from '@medforge/test-support'
import { hash } from '@node-rs/argon2'
import type { Kysely } from 'kysely'
import { inject } from 'light-my-request'
import { test as base, expect } from 'vitest'
import { conforming } from './conformance.ts'

export const SESSION_SECRET = 'f3b1c5a79d2e4068b7f1a0c3d5e7928411223344'
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

/** Variables of an installation at `localhost`; `overrides` on top. */
export function serverEnv(databaseUrl: string, overrides: Record<string, string> = {}) {
  return {
    DOMAIN: 'localhost',
    DATABASE_URL: databaseUrl,
    SESSION_SECRET,
    PACK_IMAGE: `packs/default@${DIGEST}`,
    GPU_MODE: 'simulated',
    // Most tests log in more often than a person does; those about the limit set their own.
    AUTH_RATE_LIMIT: '1000',
    MEDFORGE_LOG_LEVEL: 'debug',
    ...overrides,
  }
}

export type TestApp = AsyncDisposable & {
  app: Awaited<ReturnType<typeof buildApp>>
  context: ServerContext
  clock: FakeClock
  /** What would run after a while, on a clock that stands still. */
  timers: (() => void)[]
  logs: LogLine[]
  visitor: (options?: VisitorOptions) => Visitor
}

export type LogLine = Record<string, unknown> & { level: string; msg?: string }

export type TestAppOptions = {
  env?: Record<string, string>
  timeouts?: Partial<ServerContext['timeouts']>
  /** argon2id at its least cost, unless a test is about what is hashed, or what that costs. */
  hashing?: 'real' | Hashing
  /** The server's end of the channel to a reconciler; nobody listens unless given. */
  endpoint?: IpcEndpoint
  /** What the file systems of the pool say; there are none unless given. */
  poolFiles?: PoolFiles
  /** Replaces parts of the context before the application is built from it. */
  arrange?: (context: ServerContext) => void
}

const CHEAPEST_ARGON2ID = {
  algorithm: 2,
  memoryCost: 8,
  timeCost: 1,
  parallelism: 1,
  outputLen: 32,
}

const cheapHashing = () =>
  createHashing({
    hash: (password) => hash(normalizePassword(password), CHEAPEST_ARGON2ID),
    verify: verifyPassword,
  })

/** The whole API on a database of this worker, with a clock that stands still; without a port. */
export async function openTestApp(
  databaseUrl: string,
  options: TestAppOptions = {},
): Promise<TestApp> {
  const { config, secrets } = parseServerConfig(serverEnv(databaseUrl, options.env))
  const clock = createFakeClock()
  const logs: LogLine[] = []
  const timers: (() => void)[] = []
  const stopping = new AbortController()
  const context = openServerContext({
    config,
    secrets,
    logger: createLogger('server', config.logLevel, collectLines(logs)),
    signal: stopping.signal,
    overrides: {
      clock,
      monotonicMs: clock.monotonicMs,
      setTimer: (run) => timers.push(run),
      endpoint: options.endpoint ?? { on() {}, off() {} },
      ...(options.hashing === 'real' ? {} : { hashing: options.hashing ?? cheapHashing() }),
      askPoolFiles: async () => options.poolFiles ?? 'absent',
      ...(options.timeouts ? { timeouts: options.timeouts } : {}),
    },
  })
  options.arrange?.(context)
  const app = await buildApp(context)
  return {
    app,
    context,
    clock,
    timers,
    logs,
    visitor: (visitorOptions) => createVisitor(conforming(asServed(app)), visitorOptions),
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await app.close()
      await context[Symbol.asyncDispose]()
    },
  }
}

/** Requests as the server gets them, without a port; `app.inject` passes by what is answered before the framework. */
function asServed({ server }: TestApp['app']): Injectable {
  const serve = (request: unknown, response: unknown) => server.emit('request', request, response)
  return { inject: (request) => inject(serve, request) }
}

export function collectLines(lines: LogLine[]): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      for (const line of String(chunk).split('\n')) if (line) lines.push(JSON.parse(line))
      done()
    },
  })
}

type Fixtures = {
  db: Kysely<DB>
  /** Another application on the same database, closed after the test. */
  open: (options?: TestAppOptions) => Promise<TestApp>
  api: TestApp
  /** Log lines of level error that a test wants; any other fails it. */
  expectedErrors: Set<string>
}

/**
 * A test with an empty database (`db`) and the whole API on it (`api`). It fails for an `error` line in the log that nobody expected, and for a
 * change of who may enter a session that a process commits without moving the epoch.
 */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's dependencies from this pattern
  .extend('database', { scope: 'worker' }, async ({}, { onCleanup }) => {
    const database = await openWorkerDatabase()
    onCleanup(() => database[Symbol.asyncDispose]())
    return database
  })
  .extend('db', async ({ database }, { onCleanup }): Promise<Fixtures['db']> => {
    await database.empty()
    onCleanup(async () => {
      const unmoved = await database.epoch.unmoved()
      // What a test itself changes is none of a writer's.
      expect(unmoved.filter(({ user }) => /_(server|reconciler)$/.test(user))).toEqual([])
    })
    return database.db
  })
  .extend('expectedErrors', (): Fixtures['expectedErrors'] => new Set())
  .extend('open', async ({ database, db, expectedErrors }, { onCleanup }) => {
    const opened: TestApp[] = []
    onCleanup(async () => {
      for (const each of opened) await each[Symbol.asyncDispose]()
      const errors = opened.flatMap(({ logs }) => logs.filter(({ level }) => level === 'error'))
      expect(errors.filter(({ msg }) => !expectedErrors.has(msg ?? ''))).toEqual([])
    })
    const open: Fixtures['open'] = async (options) => {
      expect(db).toBeDefined()
      const api = await openTestApp(database.urlOf('server'), options)
      opened.push(api)
      return api
    }
    return open
  })
  .extend('api', ({ open }) => open())
