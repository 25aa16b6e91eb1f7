import { createLogger } from '@medforge/api/lib/logger.ts'
import { createFakeWorkspaces } from '@medforge/api/reconciler/workspace/fake.ts'
import type { SessionWorkspaces } from '@medforge/api/reconciler/workspace/port.ts'
import { createUsageRecorder } from '@medforge/api/reconciler/workspace/usage.ts'
import type { DB } from '@medforge/db'
import { asProcess, createFakeClock } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { describe, expect } from 'vitest'
import { collectLines, type LogLine, test } from '../app.ts'

const ROOT = 'tank/medforge/workspaces'
const { signal } = new AbortController()

/** A recorder on a pool in memory. */
function openRecorder(db: Kysely<DB>, replaced: Partial<SessionWorkspaces> = {}) {
  const workspaces = createFakeWorkspaces(ROOT)
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
  return { clock, lines, pass }
}

describe('what everybody uses', () => {
  test('is measured no more often where that fails, with a warning after some failures in a row', async ({
    db,
  }) => {
    let measured = 0
    const fake = createFakeWorkspaces(ROOT)
    fake.setAway(true)
    const { clock, lines, pass } = openRecorder(db, {
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
})
