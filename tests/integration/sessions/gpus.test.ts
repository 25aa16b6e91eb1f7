import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { createLogger } from '@medforge/api/lib/logger.ts'
import { createGpuWatch } from '@medforge/api/reconciler/gpus/check.ts'
import { createNvidiaInventory, type SmiRunner } from '@medforge/api/reconciler/gpus/nvidia.ts'
import { listGpuRows } from '@medforge/api/reconciler/gpus/repository.ts'
import { SMI_COMMAND } from '@medforge/api/reconciler/gpus/smi.ts'
import { freeGpus } from '@medforge/core'
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
import { describe, expect } from 'vitest'
import { test as base } from '../app.ts'
import { createStandInSmi, type StandInDevice } from './stand-in-smi.ts'

const A = 'GPU-aaaaaaaa-0000-0000-0000-000000000000'
const B = 'GPU-bbbbbbbb-0000-0000-0000-000000000000'
const NEVER = new AbortController().signal
const LIMIT_MS = 1_500

/** nvidia-smi as a child of this process, with the limit that the helper container has. */
function createChildRunner(folder: string): SmiRunner {
  return {
    async ask(device) {
      const [program, ...args] = SMI_COMMAND
      const child = spawn(program, device === 'all' ? args : [...args, `--id=${device}`], {
        env: { PATH: `${folder}:/usr/bin:/bin` },
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      })
      const ended = Promise.all([once(child, 'exit'), text(child.stdout)])
      const late = AbortSignal.timeout(LIMIT_MS)
      late.addEventListener('abort', () => {
        if (child.exitCode === null && child.pid) process.kill(-child.pid, 'SIGKILL')
      })
      const [[exitCode], output] = await ended
      return exitCode === null ? { kind: 'hung' } : { kind: 'ended', exitCode, output }
    },
  }
}

/** A host with the stand-in, inspected when a test wants it. */
const test = base.extend('host', async ({ db }, { onCleanup }) => {
  await newHost(db)
  await db.updateTable('gpu_devices').set({ present: false, health: 'unknown' }).execute()
  const smi = createStandInSmi()
  onCleanup(() => smi[Symbol.dispose]())
  const clock = createFakeClock()
  const own = asProcess(db, 'reconciler')
  const log: Record<string, unknown>[] = []
  const logger = createLogger('reconciler', 'info', {
    write: (line) => void log.push(JSON.parse(line)),
  })
  const inventory = createNvidiaInventory(createChildRunner(smi.folder))
  return {
    ...{ smi, clock, log },
    /** As a reconciler that was started this moment. */
    async inspect(devices?: readonly StandInDevice[]) {
      if (devices) smi.show(devices)
      clock.advance(1_000)
      const { check } = createGpuWatch({ db: own, clock, mode: 'nvidia', inventory, logger })
      const reason = await check.run(NEVER)
      const rows = await listGpuRows(db)
      return { reason, rows, free: await freeIds(db) }
    },
    openWatch: () => createGpuWatch({ db: own, clock, mode: 'nvidia', inventory, logger }),
  }
})

async function freeIds(db: Kysely<DB>): Promise<number[]> {
  const rows = await freeGpus(db).select('gpu.id').orderBy('gpu.id').execute()
  return rows.map(({ id }) => id)
}

async function auditOf(db: Kysely<DB>) {
  const rows = await db.selectFrom('audit_events').selectAll().orderBy('id').execute()
  return rows.map(({ action, subject }) => `${action} ${subject}`)
}

describe('the GPUs of a host', () => {
  test('are handed out as nvidia-smi names them', async ({ host }) => {
    const { rows, free, reason } = await host.inspect([{ uuid: A }, { uuid: B }])
    expect(reason).toBeNull()
    expect(free).toEqual([0, 1])
    expect(rows[0]).toMatchObject({ uuid: A, model: 'NVIDIA H100 80GB HBM3', health: 'healthy' })
  })

  test('are not handed out while the operator does not want it, however healthy', async ({
    host,
    db,
  }) => {
    await db.updateTable('gpu_devices').set({ enabled: false }).where('id', '=', 1).execute()
    expect((await host.inspect([{ uuid: A }, { uuid: B }])).free).toEqual([0])
  })

  test('that vanish are not present, and come back by themselves', async ({ host }) => {
    await host.inspect([{ uuid: A }, { uuid: B }])
    const gone = await host.inspect([{ uuid: B }])
    expect(gone.rows.slice(0, 2)).toMatchObject([
      { uuid: A, present: false },
      { uuid: B, present: true },
    ])
    expect(gone.free).toEqual([1])
    expect((await host.inspect([{ uuid: A }, { uuid: B }])).free).toEqual([0, 1])
  })
})

describe('a GPU that fails', () => {
  test.for(['lost', 'hang', 'unreadable'] as const)(
    '(%s) is quarantined until the operator clears it, and the others are not',
    async (state, { host, db }) => {
      await host.inspect([{ uuid: A }, { uuid: B }])
      const failed = await host.inspect([{ uuid: A, state }, { uuid: B }])
      expect(failed.rows[0]).toMatchObject({
        ...{ present: true, enabled: true, health: 'failing', quarantine: 'fault' },
        health_reason: expect.stringMatching(/nvidia-smi/),
      })
      expect(failed.free).toEqual([1])
      expect(await auditOf(db)).toEqual(['gpu.quarantine 0'])
      const line = host.log.find(({ msg }) => msg === 'gpu.quarantined')
      expect(line).toMatchObject({ level: 'error', gpu_id: 0, uuid: A, kind: 'fault' })

      const back = await host.inspect([{ uuid: A }, { uuid: B }])
      expect(back.free).toEqual([1])
      host.clock.advance(1_000)
      const cleared_at = toSqlTime(host.clock.now())
      await db.updateTable('gpu_devices').set({ cleared_at }).where('id', '=', 0).execute()
      const cleared = await host.inspect()
      expect(cleared.free).toEqual([0, 1])
      expect(await auditOf(db)).toEqual(['gpu.quarantine 0', 'gpu.release 0'])
    },
  )

  test('shows it to the owner of the session on it, who keeps it and can stop', async ({
    host,
    db,
  }) => {
    await host.inspect([{ uuid: A }, { uuid: B }])
    const { id: user_id } = await newUser(db)
    const session = await newSession(db, { user_id, gpu_id: 0 })
    const other = await newSession(db, { user_id, gpu_id: 1 })
    await host.inspect([{ uuid: A, state: 'lost' }, { uuid: B }])
    const rows = await db.selectFrom('sessions').selectAll().execute()
    const reasonOf = (id: string) => rows.find((row) => row.id === id)?.status_reason
    expect(reasonOf(session.id)).toContain('has a fault')
    expect(reasonOf(other.id)).toBeNull()
    expect(rows.map(({ status }) => status)).toEqual(['running', 'running'])
  })
})

describe('a GPU that nobody’s session uses and somebody does', () => {
  test.for<Partial<StandInDevice>>([{ pids: [4711] }, { memoryUsedMib: 20_480 }])(
    '(%o) is quarantined until it is clean',
    async (dirt, { host, db }) => {
      const dirty = await host.inspect([{ uuid: A, ...dirt }, { uuid: B }])
      expect(dirty.rows[0]).toMatchObject({ health: 'failing', quarantine: 'dirty' })
      expect(dirty.free).toEqual([1])
      expect((await host.inspect([{ uuid: A }, { uuid: B }])).free).toEqual([0, 1])
      expect(await auditOf(db)).toEqual(['gpu.quarantine 0', 'gpu.release 0'])
    },
  )

  test('is in order while a session is on it', async ({ host, db }) => {
    await host.inspect([{ uuid: A }])
    const { id: user_id } = await newUser(db)
    await newSession(db, { user_id, gpu_id: 0 })
    const { rows } = await host.inspect([{ uuid: A, pids: [4711], memoryUsedMib: 60_000 }])
    expect(rows[0]).toMatchObject({ health: 'healthy', quarantine: null })
  })

  test('is inspected again at the first scan after its session has ended', async ({ host, db }) => {
    const { id: user_id } = await newUser(db)
    const session = await newSession(db, { user_id, gpu_id: 0 })
    const { check } = host.openWatch()
    host.smi.show([{ uuid: A, pids: [4711] }])
    await check.run(NEVER)
    expect((await listGpuRows(db))[0]).toMatchObject({ health: 'healthy' })
    await check.run(NEVER)
    const stopped_at = toSqlTime(host.clock.now())
    await db
      .updateTable('sessions')
      .set({ status: 'stopped', container_id: null, stopped_at })
      .where('id', '=', session.id)
      .execute()
    await check.run(NEVER)
    expect((await listGpuRows(db))[0]).toMatchObject({ quarantine: 'dirty' })
  })
})

describe('before a container is started on it, a GPU', () => {
  /** A GPU that somebody had until now, and a session that waits for it. */
  async function handedOn(host: { clock: FakeClock }, db: Kysely<DB>, passedMs = 1_000) {
    const { id: user_id } = await newUser(db)
    host.clock.advance(passedMs)
    const stopped_at = toSqlTime(host.clock.now())
    await newSession(db, { user_id, gpu_id: 0, status: 'stopped', stopped_at })
    return newSession(db, { user_id, gpu_id: 0, status: 'starting' })
  }

  test('is inspected once more if somebody had it since the last inspection', async ({
    host,
    db,
  }) => {
    const { check, assertFit } = host.openWatch()
    host.smi.show([{ uuid: A }])
    await check.run(NEVER)
    const session = await handedOn(host, db)
    host.smi.show([{ uuid: A, pids: [4711] }])
    await expect(assertFit(session, NEVER)).rejects.toMatchObject({ code: 'gpu_refused' })
    expect((await listGpuRows(db))[0]).toMatchObject({ quarantine: 'dirty' })
    // Still so for an inspection that takes the session that waits for the one that uses it.
    expect((await host.inspect()).rows[0]).toMatchObject({ quarantine: 'dirty' })
    expect((await host.inspect([{ uuid: A }])).rows[0]).toMatchObject({ quarantine: null })
  })

  test('is inspected once more also when the clock was put back meanwhile', async ({
    host,
    db,
  }) => {
    const { check, assertFit } = host.openWatch()
    host.smi.show([{ uuid: A }])
    await check.run(NEVER)
    const session = await handedOn(host, db, -3_600_000)
    host.smi.show([{ uuid: A, pids: [4711] }])
    await expect(assertFit(session, NEVER)).rejects.toMatchObject({ code: 'gpu_refused' })
  })

  test('is taken as it is if nobody had it, and if it was seen clean since', async ({
    host,
    db,
  }) => {
    const { check, assertFit } = host.openWatch()
    host.smi.show([{ uuid: A }])
    await check.run(NEVER)
    const session = await handedOn(host, db)
    host.clock.advance(1_000)
    await assertFit(session, NEVER)
    // The device is not asked again: an answer now would be a fault.
    host.smi.show([{ uuid: A, state: 'lost' }])
    await assertFit(session, NEVER)
  })

  test('waits for its own inspection, whatever other is in progress', async ({ host, db }) => {
    const { check, assertFit } = host.openWatch()
    host.smi.show([{ uuid: A }])
    await check.run(NEVER)
    const session = await handedOn(host, db)
    host.clock.advance(1_000)
    await Promise.all([assertFit(session, NEVER), check.run(NEVER), assertFit(session, NEVER)])
    expect((await listGpuRows(db))[0]).toMatchObject({ health: 'healthy' })
  })
})

describe('an nvidia-smi that reports no GPU', () => {
  test.for(['hang', 'garbage', 'mismatch'] as const)(
    '(%s) puts all of them out of use, blames none, and is over by itself',
    async (mode, { host, db }) => {
      await host.inspect([{ uuid: A }, { uuid: B }])
      host.smi.fail(mode)
      const silent = await host.inspect()
      expect(silent.reason).toMatchObject({ code: 'gpus_silent' })
      expect(silent.free).toEqual([])
      expect(silent.rows[0]).toMatchObject({ present: true, health: 'unknown', quarantine: null })
      host.smi.fail('none')
      expect((await host.inspect()).free).toEqual([0, 1])
      expect(await auditOf(db)).toEqual([])
    },
  )
})
