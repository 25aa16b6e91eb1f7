import { createIpc, createIpcPair } from '@medforge/api/ipc/channel.ts'
import { noFailpoint } from '@medforge/api/lib/failpoints.ts'
import { createLogger } from '@medforge/api/lib/logger.ts'
import { createHostState, type HostState } from '@medforge/api/reconciler/host/state.ts'
import { createReconciler, type Reconciler } from '@medforge/api/reconciler/reconciler.ts'
import { createFakeRuntime, type FakeRuntime } from '@medforge/api/reconciler/runtime/fake.ts'
import type { ReadinessProbe } from '@medforge/api/reconciler/runtime/readiness.ts'
import {
  createFakeWorkspaces,
  type FakeWorkspaces,
} from '@medforge/api/reconciler/workspace/fake.ts'
import { writeHeartbeat } from '@medforge/core'
import type { DB } from '@medforge/db'
import { asProcess, newHost, newUser, type Visitor } from '@medforge/test-support'
import type { Kysely, Selectable } from 'kysely'
import { test as base, type TestApp } from '../app.ts'

const ROOT = 'tank/medforge/workspaces'
export const LIMITS = { startTimeoutMs: 120_000, stopTimeoutMs: 60_000 }

export type User = Selectable<DB['users']>
export type Row = Selectable<DB['sessions']>

/** The real server and the real reconciler on a real database, with Docker, ZFS and the IDE's first answer in memory. */
export type Stage = {
  db: Kysely<DB>
  api: TestApp
  runtime: FakeRuntime
  workspaces: FakeWorkspaces
  /** Whether the IDE answers that it is ready. */
  ide: { isReady: boolean }
  host: HostState
  reconciler: Reconciler
  /** The reconciler's log, newest last. */
  log: string[]
  /** One scan, and all the work that it causes. */
  pass(): Promise<void>
  /** Ends the reconciler's work wherever it is, as kill -9 does, and starts another. */
  crash(): void
  /** Whether a pass would end by itself: nothing waits for an IDE that never answers. */
  isQuiet(): boolean
  /** An empty host and a new reconciler, for the next of many histories. */
  reset(): void
  /** The reconciler's report is new again, after the clock has moved. */
  refresh(): Promise<void>
  /** Somebody who is signed in. */
  person(overrides?: Partial<User>): Promise<{ user: User; visitor: Visitor }>
  row(id: string): Promise<Row>
}

const PARTS = ['docker', 'pool', 'network', 'image', 'firewall', 'ports', 'gpus'] as const

async function openStage(
  db: Kysely<DB>,
  api: TestApp,
  endpoint: ReturnType<typeof createIpcPair>['reconciler'],
): Promise<Stage & { close(): Promise<void> }> {
  await newHost(db)
  const runtime = createFakeRuntime()
  const workspaces = createFakeWorkspaces(ROOT)
  const ide = { isReady: true }
  const readiness: ReadinessProbe = { isReady: async () => ide.isReady }
  const host = createHostState()
  for (const part of PARTS) host.set(part, null)
  await writeHeartbeat(asProcess(db, 'reconciler'), api.clock, host.report())
  const log: string[] = []
  const logger = createLogger('reconciler', 'info', { write: (line) => void log.push(line) })
  const ipc = createIpc(endpoint)
  const own = asProcess(db, 'reconciler')
  let ending = new AbortController()

  function startReconciler() {
    const { signal } = ending
    return createReconciler({
      ...{ db: own, clock: api.clock, logger, runtime, workspaces, readiness, host, signal },
      limits: LIMITS,
      recoveryEnabled: true,
      assertGpuFit: async () => {},
      failpoint: noFailpoint,
      notifyChanged: ipc.changed,
      monotonicMs: api.clock.monotonicMs,
      // Time stands still here: what has to be retried is retried by the next scan.
      setTimer: () => () => {},
    })
  }

  const stage = {
    ...{ db, api, runtime, workspaces, ide, host, log },
    reconciler: startReconciler(),
    async pass() {
      await stage.reconciler.scan('poll')
      await stage.reconciler.idle()
    },
    crash() {
      ending.abort()
      ending = new AbortController()
      stage.reconciler = startReconciler()
    },
    isQuiet: () => ide.isReady,
    reset() {
      stage.crash()
      runtime.clear()
      workspaces.clear()
      ide.isReady = true
    },
    refresh: () => writeHeartbeat(db, api.clock, host.report()),
    async person(overrides: Partial<User> = {}) {
      const user = await newUser(db, overrides)
      const visitor = api.visitor()
      await visitor.logIn(user.email)
      return { user, visitor }
    },
    row: (id: string) =>
      db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
    async close() {
      unsubscribe()
      ending.abort()
      await stage.reconciler.idle()
    },
  }
  const unsubscribe = ipc.onNudge((id) => stage.reconciler.queue.add(id, 'nudge'))
  return stage
}

export const test = base.extend('stage', async ({ db, open }, { onCleanup }): Promise<Stage> => {
  const pair = createIpcPair()
  const api = await open({ endpoint: pair.server })
  const stage = await openStage(db, api, pair.reconciler)
  onCleanup(stage.close)
  return stage
})

/** The session that an answer holds. */
export function sessionOf(answer: { data: <Data>() => Data }) {
  return answer.data<{ session: SessionView }>().session
}

export type SessionView = {
  id: string
  slug: string
  status: string
  gpu_id: number | null
  container_id: string | null
  workspace_zfs: string
  error_message: string | null
  status_reason: string | null
  last_snapshot: { name: string; created_at: string } | null
  url: string
}
