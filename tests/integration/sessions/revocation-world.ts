import { randomBytes, randomUUID } from 'node:crypto'
import { createLogger } from '@medforge/api/lib/logger.ts'
import { createHostState } from '@medforge/api/reconciler/host/state.ts'
import type { Flows } from '@medforge/api/reconciler/network/flows.ts'
import { createRevocations } from '@medforge/api/reconciler/revocations.ts'
import { type AccessLog, createAccessLog } from '@medforge/api/sessions/accesses.ts'
import { type DB, toSqlTime } from '@medforge/db'
import {
  asProcess,
  createFakeClock,
  type FakeClock,
  newHost,
  newSession,
  newUser,
} from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { onTestFinished } from 'vitest'

export const NOW = new Date('2026-03-01T12:00:00Z')
export const DAY_MS = 86_400_000
const idleTtlSeconds = 7 * 86_400

export type Login = { id: string; userId: string; tokenHash: Buffer }

export async function newLogin(db: Kysely<DB>, userId: string, at = NOW): Promise<Login> {
  const login = { id: randomUUID(), userId, tokenHash: randomBytes(32) }
  await db
    .insertInto('auth_sessions')
    .values({
      id: login.id,
      user_id: userId,
      token_hash: login.tokenHash,
      created_at: toSqlTime(at),
      last_seen_at: toSqlTime(at),
      expires_at: toSqlTime(new Date(at.getTime() + DAY_MS)),
    })
    .execute()
  return login
}

export async function logOut(db: Kysely<DB>, { id }: Login, at: Date): Promise<void> {
  const revoked_at = toSqlTime(at)
  await db.updateTable('auth_sessions').set({ revoked_at }).where('id', '=', id).execute()
}

/** @returns the notes of a server, and what keeps it from writing ever after, as kill -9 does */
export function newAccessLog(db: Kysely<DB>, clock: FakeClock): { log: AccessLog; kill(): void } {
  let isKilled = false
  const own = asProcess(db, 'server').withPlugin({
    transformQuery({ node }) {
      if (isKilled) throw new Error('This server was killed.')
      return node
    },
    transformResult: async ({ result }) => result,
  })
  const logger = createLogger('server', 'silent')
  return {
    log: createAccessLog({ db: own, clock, idleTtlSeconds, logger }),
    kill: () => {
      isKilled = true
    },
  }
}

/** Two people with a running session each, the server's notes of who enters, and the reconciler's part that cuts, writing down what it cut. */
export async function openRevocations(db: Kysely<DB>) {
  await newHost(db)
  const [ada, grace] = [await newUser(db), await newUser(db)]
  const hers = await newSession(db, { user_id: ada.id, gpu_id: 0 })
  const other = await newSession(db, { user_id: grace.id, gpu_id: 1 })
  const clock = createFakeClock(NOW)
  const host = createHostState()
  const cuts: Flows[] = []
  const refusals: Error[] = []
  const resisting = new Set<string>()
  const server = { ...newAccessLog(db, clock), isAnswering: true }
  let port = 50_000

  const newRevocations = () =>
    createRevocations({
      ...{ db: asProcess(db, 'reconciler'), clock, host, idleTtlSeconds },
      logger: createLogger('reconciler', 'silent'),
      async flush() {
        if (server.isAnswering) await server.log.flush()
        return server.isAnswering
      },
      flows: {
        async cut({ clients, sessions }) {
          const refusal = refusals.shift()
          if (refusal) throw refusal
          cuts.push({ clients: clients.toSorted(), sessions: sessions.toSorted() })
          const resists = (flow: string) => resisting.has(flow)
          return { clients: clients.filter(resists), sessions: sessions.filter(resists) }
        },
        listPeers: async () => new Set(),
      },
    })
  const endServer = async () => {
    server.kill()
    await server.log[Symbol.asyncDispose]()
  }
  const nextServer = async () => {
    Object.assign(server, newAccessLog(db, clock))
    await server.log.flush()
  }
  await server.log.flush()
  onTestFinished(endServer)

  return {
    ...{ db, ada, grace, hers, other, clock, host, cuts, refusals, resisting, server },
    ...{ revocations: newRevocations(), newRevocations },
    /** @returns the client's end of a connection of its own, through which the login entered */
    enter(login: Login, session: { id: string }, over = 'HTTP/1.1', at?: string): string {
      port += 1
      const client = at ?? `192.0.2.7:${port}`
      server.log.note({ tokenHash: login.tokenHash, sessionId: session.id }, `${client} ${over}`)
      return client
    },
    /** Ends the server wherever it is, as kill -9 does, and starts another. */
    async killServer() {
      await endServer()
      await nextServer()
    },
    nextServer,
    rows: () => db.selectFrom('session_accesses').selectAll().orderBy('id').execute(),
  }
}

/** What is cut of a session of which it is not known who is where. */
export const allOf = (...sessions: { slug: string }[]): Flows => ({
  clients: [],
  sessions: sessions.map(({ slug }) => slug).toSorted(),
})

export const only = (...clients: string[]): Flows => ({ clients: clients.toSorted(), sessions: [] })
