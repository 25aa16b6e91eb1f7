import { createLogger } from '@medforge/api/lib/logger.ts'
import { HostAwayError } from '@medforge/api/reconciler/host-error.ts'
import { createFakeWorkspaces } from '@medforge/api/reconciler/workspace/fake.ts'
import type { SessionWorkspaces } from '@medforge/api/reconciler/workspace/port.ts'
import { createUsageRecorder } from '@medforge/api/reconciler/workspace/usage.ts'
import type { DB } from '@medforge/db'
import { asProcess, createFakeClock } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { describe, expect } from 'vitest'
import { collectLines, type LogLine, test } from '../app.ts'

const ROOT = 'tank/medforge/workspaces'
const USER = '00000000-0000-4000-8000-00000000000a'
const OTHER = '00000000-0000-4000-8000-00000000000b'
const { signal } = new AbortController()

/** A recorder on a pool in memory, in which `USER` has a workspace. */
async function openRecorder(db: Kysely<DB>, replaced: Partial<SessionWorkspaces> = {}) {
  const workspaces = createFakeWorkspaces(ROOT)
  const dataset = `${ROOT}/${USER}/00000000-0000-4000-8000-00000000000c`
  await workspaces.ensure(dataset, signal)
  const clock = createFakeClock()
  const lines: LogLine[] = []
  const recorder = createUsageRecorder({
    ...{ clock, signal, monotonicMs: clock.monotonicMs },
    db: asProcess(db, 'reconciler'),
    logger: createLogger('reconciler', 'info', collectLines(lines)),
    workspaces: { ...workspaces, ...replaced },
  })
  async function pass() {
    recorder.start()
    await recorder.idle()
  }
  const usedBytes = async (userId = USER) => {
    const rows = await db.selectFrom('storage_usage').selectAll().execute()
    return rows.find(({ user_id }) => user_id === userId)?.used_bytes
  }
  return { workspaces, dataset, clock, lines, recorder, pass, usedBytes }
}

describe('what everybody uses', () => {
  test('is measured no more often where that fails, with a warning after some failures in a row', async ({
    db,
  }) => {
    let measured = 0
    const fake = createFakeWorkspaces(ROOT)
    fake.setAway(true)
    const { clock, lines, pass } = await openRecorder(db, {
      measurePeople(at) {
        measured += 1
        return fake.measurePeople(at)
      },
    })
    await pass()
    await pass()
    expect(measured).toBe(1)
    for (const warnings of [0, 0, 1, 1]) {
      clock.advance(15_000)
      await pass()
      expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(warnings)
    }
    expect(measured).toBe(5)
    expect(lines[0]).toMatchObject({ msg: 'workspace.usage.unknown', failures: 4 })
  })

  test('is nothing for whoever is not in the pool any more', async ({ db }) => {
    const { workspaces, dataset, clock, pass, usedBytes } = await openRecorder(db)
    workspaces.write(dataset, 5)
    await pass()
    expect(await usedBytes()).toBe(5)
    workspaces.destroy(dataset)
    clock.advance(15_000)
    await pass()
    expect(await usedBytes()).toBe(0)
  })

  test('is kept for whoever a listing leaves out', async ({ db }) => {
    const { recorder, workspaces, dataset, pass, usedBytes } = await openRecorder(db, {
      measurePeople: async () => new Map(),
    })
    workspaces.write(dataset, 5)
    await recorder.recordPerson(USER)
    await pass()
    expect(await usedBytes()).toBe(5)
  })
})

describe('what one person uses', () => {
  test('is as the measurement that was begun last has it, whenever an earlier one ends', async ({
    db,
  }) => {
    const first = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    let measured = 0
    const { recorder, usedBytes } = await openRecorder(db, {
      async measurePerson(userId) {
        if (userId === OTHER) return { usedBytes: 7, snapshotsBytes: 0 }
        measured += 1
        const usage = { usedBytes: measured, snapshotsBytes: 0 }
        if (measured === 1) {
          begun.resolve()
          await first.promise
        }
        return usage
      },
    })
    const pass = recorder.recordPerson(USER)
    await begun.promise
    const stop = recorder.recordPerson(USER)
    // Whoever is measured meanwhile waits for nobody.
    await recorder.recordPerson(OTHER)
    expect(await usedBytes(OTHER)).toBe(7)
    first.resolve()
    await Promise.all([pass, stop])
    expect(await usedBytes()).toBe(2)
  })

  test('is measured after a measurement that failed', async ({ db }) => {
    let measured = 0
    const { recorder, usedBytes } = await openRecorder(db, {
      async measurePerson() {
        measured += 1
        if (measured === 1) throw new HostAwayError('The storage pool does not answer.')
        return { usedBytes: 5, snapshotsBytes: 0 }
      },
    })
    const outcomes = await Promise.allSettled([
      recorder.recordPerson(USER),
      recorder.recordPerson(USER),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
    expect(await usedBytes()).toBe(5)
  })
})
