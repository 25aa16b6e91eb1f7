import { parseReconcilerConfig } from '@medforge/api/config/config.ts'
import { createIpcPair } from '@medforge/api/ipc/channel.ts'
import { systemClock } from '@medforge/api/lib/clock.ts'
import { noFailpoint } from '@medforge/api/lib/failpoints.ts'
import { createLogger } from '@medforge/api/lib/logger.ts'
import { readHealth } from '@medforge/api/platform/health.ts'
import { createGpuWatch } from '@medforge/api/reconciler/gpus/check.ts'
import type { GpuInventory } from '@medforge/api/reconciler/gpus/inventory.ts'
import type { HostCheck } from '@medforge/api/reconciler/host/checks.ts'
import { runReconciler } from '@medforge/api/reconciler/run-reconciler.ts'
import { createFakeRuntime } from '@medforge/api/reconciler/runtime/fake.ts'
import {
  createFakeWorkspaces,
  type FakeWorkspaces,
} from '@medforge/api/reconciler/workspace/fake.ts'
import { createDatabase, type DB, toSqlTime } from '@medforge/db'
import { eventually, newHost, newSession, newUser } from '@medforge/test-support'
import { type Kysely, sql } from 'kysely'
import { describe, expect } from 'vitest'
import { test as base } from '../app.ts'

const IMAGE = `packs/default@sha256:${'0123456789abcdef'.repeat(4)}`
const PARTS = ['pool', 'network', 'image', 'firewall', 'ports'] as const

type Started = {
  runtime: ReturnType<typeof createFakeRuntime>
  workspaces: FakeWorkspaces
  nudge(id: string): void
  stop(): Promise<void>
}

/** Starts the whole reconciler, as its process does, with a host in memory; every start is on a connection pool of its own. */
const test = base.extend('start', async ({ database, db }, { onCleanup }) => {
  await newHost(db)
  const started: Started[] = []
  onCleanup(async () => {
    for (const each of started) await each.stop()
  })
  return (env: Record<string, string> = {}, runtime = createFakeRuntime()): Started => {
    const { config } = parseReconcilerConfig({
      DOMAIN: 'localhost',
      DATABASE_URL: database.urlOf('reconciler'),
      PACK_IMAGE: IMAGE,
      API_IMAGE: IMAGE,
      GPU_MODE: 'simulated',
      SESSION_POLL_INTERVAL_SECONDS: '1',
      ...env,
    })
    const ending = new AbortController()
    const own = createDatabase(database.urlOf('reconciler'), { poolSize: 8 })
    const pair = createIpcPair()
    const logger = createLogger('reconciler', 'silent')
    const inventory: GpuInventory = { list: async () => ({ kind: 'devices', devices: [] }) }
    const gpuMode = config.sessions.gpuMode
    const gpus = createGpuWatch({ db: own, clock: systemClock, mode: gpuMode, inventory, logger })
    const checks: HostCheck[] = [
      ...PARTS.map((part) => ({ part, maxAgeMs: 60_000, run: async () => null })),
      gpus.check,
    ]
    const workspaces = createFakeWorkspaces(config.sessions.workspaceZfsRoot)
    const running = runReconciler({
      db: own,
      clock: systemClock,
      logger,
      config,
      endpoint: pair.reconciler,
      signal: ending.signal,
      failpoint: noFailpoint,
      host: {
        runtime,
        workspaces,
        readiness: { isReady: async () => true },
        flows: {
          cut: async () => ({ clients: [], sessions: [] }),
          listPeers: async () => new Set(),
        },
        checks,
        assertGpuFit: gpus.assertFit,
        removeLeftovers: async () => {},
      },
    })
    let isStopped = false
    const each: Started = {
      runtime,
      workspaces,
      nudge: (id) => pair.server.send?.({ type: 'nudge', session_id: id }),
      async stop() {
        if (isStopped) return
        isStopped = true
        ending.abort()
        await running
        await own.destroy()
      },
    }
    started.push(each)
    return each
  }
})

const health = (db: Kysely<DB>) => readHealth({ db, clock: systemClock, recoveryEnabled: true })

async function starting(db: Kysely<DB>) {
  const { id } = await newUser(db)
  const deadline_at = toSqlTime(new Date(Date.now() + 60_000))
  return newSession(db, { user_id: id, status: 'starting', deadline_at })
}

const statusOf = async (db: Kysely<DB>, id: string) =>
  (await db.selectFrom('sessions').select('status').where('id', '=', id).executeTakeFirst())?.status

describe('the reconciler', () => {
  test('reports itself able once its host was checked', async ({ start, db }) => {
    expect(await health(db)).toMatchObject({ status: 'degraded' })
    start()
    await eventually(async () => (await health(db)).status === 'ok')
  })

  test('reconciles at boot what it finds, without a nudge', async ({ start, db }) => {
    const session = await starting(db)
    start()
    await eventually(async () => (await statusOf(db, session.id)) === 'running')
  })

  test('notices a death through Docker’s events, without waiting for the next scan', async ({
    start,
    db,
  }) => {
    const session = await starting(db)
    const { runtime } = start({ SESSION_POLL_INTERVAL_SECONDS: '600' })
    await eventually(async () => (await statusOf(db, session.id)) === 'running')
    runtime.end(session.slug)
    await eventually(async () => (await statusOf(db, session.id)) === 'error')
  })

  test('makes every slot present where GPUs are simulated', async ({ start, db }) => {
    await db.updateTable('gpu_devices').set({ present: false, health: 'unknown' }).execute()
    start()
    await eventually(async () => {
      const rows = await db.selectFrom('gpu_devices').selectAll().execute()
      return rows.every(({ present, model }) => present && model === 'simulated')
    })
  })

  test('starts no container on a GPU that is not fit, and shows it to the owner', async ({
    start,
    db,
  }) => {
    const session = await starting(db)
    const { runtime } = start({ GPU_MODE: 'nvidia' })
    await eventually(async () => (await statusOf(db, session.id)) === 'error')
    const { error_message } = await db
      .selectFrom('sessions')
      .select('error_message')
      .where('id', '=', session.id)
      .executeTakeFirstOrThrow()
    expect(error_message).toContain('not fit for use')
    expect(runtime.calls).not.toContain('start')
  })

  test('hands out no slot where there should be GPUs and are none', async ({ start, db }) => {
    start({ GPU_MODE: 'nvidia' })
    await eventually(async () => {
      const rows = await db.selectFrom('gpu_devices').selectAll().execute()
      return rows.every(({ present, enabled }) => !present && enabled)
    })
  })
})

/** Resolves after this many more heartbeats; scans have the same period, so one would have been made by then. */
async function heartbeats(db: Kysely<DB>, count: number): Promise<void> {
  const read = () =>
    db
      .selectFrom('platform_state')
      .select('updated_at')
      .where('name', '=', 'reconciler')
      .executeTakeFirst()
  for (let left = count; left > 0; left -= 1) {
    const before = await read()
    await eventually(async () => (await read())?.updated_at !== before?.updated_at)
  }
}

describe('with recovery switched off', () => {
  test('what is asked for is done without a nudge, nothing else is, and health does not suffer', async ({
    start,
    db,
  }) => {
    const asked = await starting(db)
    const { runtime, workspaces } = start({ SESSION_RECOVERY_ENABLED: 'false' })
    await eventually(async () => (await statusOf(db, asked.id)) === 'running')
    runtime.vanish(asked.slug)
    await heartbeats(db, 2)
    expect(await statusOf(db, asked.id)).toBe('running')
    // As the operator's commands and a server whose nudge is lost do it.
    await db
      .updateTable('sessions')
      .set({ status: 'stopping', snapshot_name: `${asked.workspace_zfs}@stop-1772366400000` })
      .execute()
    await eventually(async () => (await statusOf(db, asked.id)) === 'stopped')
    await eventually(() => workspaces.mounted.size === 0)
    const clock = { now: () => new Date(Date.now() + 3_600_000) }
    const off = await readHealth({ db, clock, recoveryEnabled: false })
    expect(off).toEqual({ status: 'ok' })
  })
})

describe('two reconcilers on one database', () => {
  test('work one at a time, and the second takes over when the first ends', async ({
    start,
    db,
  }) => {
    const runtime = createFakeRuntime()
    const first = start({}, runtime)
    await eventually(async () => (await health(db)).status === 'ok')
    const second = start({}, runtime)
    const session = await starting(db)
    second.nudge(session.id)
    await eventually(async () => (await statusOf(db, session.id)) === 'running')
    expect(runtime.calls.filter((call) => call === 'start')).toHaveLength(1)
    await first.stop()
    const next = await starting(db).catch(() => undefined)
    expect(next).toBeUndefined()
    await db
      .updateTable('sessions')
      .set({ status: 'stopping', snapshot_name: `${session.workspace_zfs}@stop-1772366400000` })
      .execute()
    await eventually(async () => (await statusOf(db, session.id)) === 'stopped', {
      timeoutMs: 15_000,
    })
  })

  test('the lead is taken up again after its connection was cut', async ({ start, db }) => {
    start()
    await eventually(async () => (await health(db)).status === 'ok')
    const { rows } = await sql<{ id: number }>`
      SELECT IS_USED_LOCK(CONCAT('medforge.reconciler.', DATABASE())) AS id`.execute(db)
    await sql`KILL ${sql.lit(rows[0]?.id ?? 0)}`.execute(db)
    await eventually(
      async () => {
        const { rows: now } = await sql<{ id: number | null }>`
          SELECT IS_USED_LOCK(CONCAT('medforge.reconciler.', DATABASE())) AS id`.execute(db)
        return now[0]?.id != null && now[0].id !== rows[0]?.id
      },
      { timeoutMs: 15_000 },
    )
    const session = await starting(db)
    await eventually(async () => (await statusOf(db, session.id)) === 'running', {
      timeoutMs: 10_000,
    })
  })
})
