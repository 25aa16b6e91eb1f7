import { HostRefusedError } from '@medforge/api/reconciler/host-error.ts'
import { writeHeartbeat } from '@medforge/core'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { type Row, type Stage, test } from './stage.ts'

/** Something that happens to the platform, to any of its sessions. */
type Happening =
  | { kind: 'launch'; person: number }
  | { kind: 'stop'; session: number }
  | { kind: 'end' | 'vanish'; session: number }
  | { kind: 'docker' | 'pool'; isAway: boolean }
  | { kind: 'full'; isFull: boolean }
  | { kind: 'refuse-start' }
  | { kind: 'ide'; isReady: boolean }
  | { kind: 'crash' }
  | { kind: 'time'; ms: number }
  | { kind: 'pass' }

const PEOPLE = 4
const index = fc.nat({ max: 9 })
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('launch'), person: index }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('stop'), session: index }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('end', 'vanish'), session: index }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('docker', 'pool'), isAway: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('full'), isFull: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('refuse-start') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('ide'), isReady: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash') }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('time'), ms: fc.constantFrom(300, 5_000, 130_000) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass') }) },
)

const FULL = new HostRefusedError('pool_full', 'The storage of this host is full.')

/** What is true at every moment, whatever happened before. */
async function expectInvariants({ db, runtime }: Stage): Promise<Row[]> {
  const rows = await db.selectFrom('sessions').selectAll().execute()
  const active = rows.filter((row) => row.gpu_active === 1)
  expect(new Set(active.map((row) => row.gpu_id)).size).toBe(active.length)
  const perUser = Map.groupBy(active, (row) => row.user_id)
  for (const [, held] of perUser) expect(held.length).toBeLessThanOrEqual(1)
  // A terminal row has no container: its GPU was free only after the container was seen gone.
  const slugs = new Set([...runtime.containers.values()].map(({ spec }) => spec?.slug))
  for (const row of rows.filter((each) => each.gpu_active === null)) {
    expect(slugs.has(row.slug), `container of the ${row.status} session ${row.slug}`).toBe(false)
    expect(row.container_id).toBeNull()
  }
  return rows
}

/** Every fault is over: how the platform has to look after enough passes. */
async function expectHealed(stage: Stage): Promise<Row[]> {
  stage.runtime.setAway(false)
  stage.workspaces.setAway(false)
  stage.workspaces.refuse(null)
  stage.ide.isReady = true
  for (let passes = 0; passes < 4; passes += 1) {
    stage.api.clock.advance(11_000)
    await stage.pass()
  }
  const rows = await expectInvariants(stage)
  for (const row of rows) {
    expect(['running', 'stopped', 'error']).toContain(row.status)
    const snapshots = stage.workspaces.datasets.get(row.workspace_zfs) ?? []
    const stops = snapshots.filter((name) => name.includes('@stop-'))
    if (row.status === 'stopped') {
      expect(row.last_snapshot_name).toBe(stops[0] ?? null)
      expect(stops.length).toBe(stage.workspaces.datasets.has(row.workspace_zfs) ? 1 : 0)
    } else expect(stops.length).toBeLessThanOrEqual(row.stop_requested_at === null ? 0 : 1)
    expect(snapshots.length).toBeLessThanOrEqual(2)
  }
  const running = rows.filter((row) => row.status === 'running').map((row) => row.slug)
  const up = [...stage.runtime.containers.values()].map(({ spec }) => spec?.slug)
  expect(up.toSorted()).toEqual(running.toSorted())
  return rows
}

async function play(stage: Stage, people: Awaited<ReturnType<Stage['person']>>[], step: Happening) {
  const rows = await stage.db.selectFrom('sessions').selectAll().orderBy('created_at').execute()
  const session = 'session' in step ? rows[step.session % Math.max(rows.length, 1)] : undefined
  const owner = people.find(({ user }) => user.id === session?.user_id)
  const container = session && stage.runtime.containers.get(`mf-session-${session.slug}`)
  switch (step.kind) {
    case 'launch': {
      const person = people[step.person % PEOPLE]
      // Whatever the host is like: what was allocated before it broke has to be brought to an end.
      const report = { able: true, reasons: [], boot_id: 'test' }
      await writeHeartbeat(stage.db, stage.api.clock, report)
      await person?.visitor.post('/sessions', {}, { prefer: 'respond-async' })
      return
    }
    case 'stop':
      await owner?.visitor.post(`/sessions/${session?.id}/stop`)
      return
    case 'end':
      if (container && session) stage.runtime.end(session.slug)
      return
    case 'vanish':
      if (container && session) stage.runtime.vanish(session.slug)
      return
    case 'docker':
      return stage.runtime.setAway(step.isAway)
    case 'pool':
      return stage.workspaces.setAway(step.isAway)
    case 'full':
      return stage.workspaces.refuse(step.isFull ? FULL : null)
    case 'refuse-start':
      return stage.runtime.refuseNextStart(new HostRefusedError('container_refused', 'No.'))
    case 'ide':
      stage.ide.isReady = step.isReady
      return
    case 'crash':
      return stage.crash()
    case 'time':
      return stage.api.clock.advance(step.ms)
    case 'pass':
      return stage.isQuiet() ? stage.pass() : stage.reconciler.scan('poll')
  }
}

describe('any history', () => {
  test('keeps the invariants at every moment and is healed a few passes after its faults are over', {
    timeout: 240_000,
  }, async ({ stage, db, expectedErrors }) => {
    expectedErrors.add('request failed')
    const people = await Promise.all(Array.from({ length: PEOPLE }, () => stage.person()))
    await fc.assert(
      fc
        .asyncProperty(fc.array(happening, { minLength: 3, maxLength: 25 }), async (history) => {
          for (const step of history) {
            await play(stage, people, step)
            await expectInvariants(stage)
          }
          await expectHealed(stage)
        })
        .beforeEach(async () => {
          await db.deleteFrom('session_events').execute()
          await db.deleteFrom('sessions').execute()
          stage.reset()
        }),
      { numRuns: 25 },
    )
  })
})
