import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Observation, type PlannedRow, planSession, type SessionAction } from './plan.ts'
import type { ContainerFact } from './runtime/port.ts'
import type { WorkspaceFact } from './workspace/port.ts'

const NOW = new Date('2026-03-01T12:00:00.000Z')
const DATASET = 'tank/medforge/workspaces/u/s'
const STOP = `${DATASET}@stop-1772366000000`
const DEATH = `${DATASET}@death-1772366000000`
const LATER = NOW.getTime() + 1
const OVERDUE = NOW.getTime()

const created: ContainerFact = { kind: 'present', id: 'c1', state: 'created' }
const up: ContainerFact = { kind: 'present', id: 'c1', state: 'running' }
const ended: ContainerFact = {
  kind: 'present',
  id: 'c1',
  state: 'ended',
  exitCode: 1,
  oomKilled: false,
}
const oomKilled: ContainerFact = { ...ended, exitCode: 137, oomKilled: true }
const absent: ContainerFact = { kind: 'absent' }
const foreign: ContainerFact = { kind: 'foreign' }
const away: ContainerFact = { kind: 'unknown', reason: 'away' }
const poolAway: WorkspaceFact = { kind: 'unknown', reason: 'away' }
const snapshotTaken: WorkspaceFact = { kind: 'known', isMounted: true, snapshotTaken: true }

function see(overrides: Partial<PlannedRow & Omit<Observation, 'row'>> = {}): Observation {
  const { container = absent, workspace, ...row } = overrides
  return {
    row: {
      status: 'starting',
      container_id: null,
      workspace_zfs: DATASET,
      deadlineMs: LATER,
      snapshotDeadlineMs: LATER,
      failed_at: null,
      snapshot_name: null,
      ...row,
    },
    container,
    workspace: workspace ?? { kind: 'known', isMounted: true, snapshotTaken: false },
  }
}

const running = { status: 'running', container_id: 'c1', deadlineMs: null } as const
const stopping = { status: 'stopping', container_id: 'c1', snapshot_name: STOP } as const
const doomed = { failed_at: '2026-03-01 12:00:00.000000' } as const
const launch = ['ensure-workspace', 'start-container', 'await-ready', 'mark-running']
const end = ['remove-container', 'take-snapshot', 'mark-stopped']

function kindsOf(actions: readonly SessionAction[]): string[] {
  return actions.map((action) => action.kind)
}

describe(planSession, () => {
  test.each([
    { note: 'launches a new session, workspace first', seen: see(), kinds: launch },
    {
      note: 'goes on with a container that was made and not started',
      seen: see({ container: created }),
      kinds: launch,
    },
    {
      note: 'waits for the IDE of a container that was started',
      seen: see({ container: up }),
      kinds: ['await-ready', 'mark-running'],
    },
    {
      note: 'touches nothing of a start while Docker is away',
      seen: see({ container: away }),
      kinds: ['wait'],
    },
    {
      note: 'fails a start whose name another container has',
      seen: see({ container: foreign }),
      kinds: ['record-failure'],
    },
    {
      note: 'fails a start whose container ended',
      seen: see({ container: ended }),
      kinds: ['record-failure'],
    },
    {
      note: 'fails a start whose container was removed from outside instead of making another',
      seen: see({ container_id: 'c1' }),
      kinds: ['record-failure'],
    },
    {
      note: 'fails a start that is past its deadline, whatever Docker reports',
      seen: see({ container: up, deadlineMs: OVERDUE }),
      kinds: ['record-failure'],
    },
    {
      note: 'fails an overdue start even while Docker is away',
      seen: see({ container: away, deadlineMs: OVERDUE }),
      kinds: ['record-failure'],
    },
    {
      note: 'undoes a failed start, container first',
      seen: see({ ...doomed, container: created }),
      kinds: ['remove-container', 'mark-error'],
    },
    {
      note: 'ends a failed start without a container at once',
      seen: see(doomed),
      kinds: ['mark-error'],
    },
    {
      note: 'never ends a failed start while Docker is away',
      seen: see({ ...doomed, container: away, deadlineMs: OVERDUE }),
      kinds: ['wait'],
    },
    {
      note: 'leaves a foreign container alone when it undoes a start',
      seen: see({ ...doomed, container: foreign }),
      kinds: ['mark-error'],
    },
    {
      note: 'takes the last snapshot of a start that had come to life',
      seen: see({ ...doomed, container: ended, snapshot_name: DEATH }),
      kinds: ['remove-container', 'take-snapshot', 'mark-error'],
    },

    {
      note: 'does nothing about a running session whose container runs',
      seen: see({ ...running, container: up }),
      kinds: [],
    },
    {
      note: 'does nothing to a running session while Docker is away',
      seen: see({ ...running, container: away }),
      kinds: ['wait'],
    },
    {
      note: 'fails a running session whose container is gone',
      seen: see({ ...running }),
      kinds: ['record-failure'],
    },
    {
      note: 'fails a running session whose container ended',
      seen: see({ ...running, container: ended }),
      kinds: ['record-failure'],
    },
    {
      note: 'fails a running session whose name another container has',
      seen: see({ ...running, container: foreign }),
      kinds: ['record-failure'],
    },
    {
      note: 'ends a dead session with its snapshot',
      seen: see({ ...running, ...doomed, container: ended, snapshot_name: DEATH }),
      kinds: ['remove-container', 'take-snapshot', 'mark-error'],
    },
    {
      note: 'keeps a dead session until the pool is back',
      seen: see({
        ...running,
        ...doomed,
        deadlineMs: LATER,
        workspace: poolAway,
        snapshot_name: DEATH,
      }),
      kinds: ['wait', 'mark-error'],
    },

    {
      note: 'stops a session, container first',
      seen: see({ ...stopping, container: up }),
      kinds: end,
    },
    {
      note: 'stops a session whose container had ended by itself',
      seen: see({ ...stopping, container: ended }),
      kinds: end,
    },
    {
      note: 'goes on with a stop after its container is gone',
      seen: see(stopping),
      kinds: ['take-snapshot', 'mark-stopped'],
    },
    {
      note: 'does not take a snapshot twice',
      seen: see({ ...stopping, workspace: snapshotTaken }),
      kinds: ['mark-stopped'],
    },
    {
      note: 'frees nothing while Docker is away',
      seen: see({ ...stopping, container: away }),
      kinds: ['wait'],
    },
    {
      note: 'reports an overdue stop and goes on',
      seen: see({ ...stopping, container: up, deadlineMs: OVERDUE }),
      kinds: ['report-overdue', ...end],
    },
    {
      note: 'reports an overdue stop while Docker is away and frees nothing',
      seen: see({ ...stopping, container: away, deadlineMs: OVERDUE }),
      kinds: ['report-overdue', 'wait'],
    },
    {
      note: 'removes the container even while the pool is away',
      seen: see({ ...stopping, container: up, workspace: poolAway }),
      kinds: ['remove-container', 'wait', 'mark-stopped'],
    },
    {
      note: 'tries the snapshot of an overdue stop one last time',
      seen: see({ ...stopping, snapshotDeadlineMs: OVERDUE, workspace: poolAway }),
      kinds: ['take-snapshot', 'mark-stopped'],
    },
    {
      note: 'waits for the pool with an overdue stop whose container was not seen gone for long',
      seen: see({ ...stopping, deadlineMs: OVERDUE, workspace: poolAway }),
      kinds: ['wait', 'mark-stopped'],
    },

    {
      note: 'never touches a stopped session',
      seen: see({ status: 'stopped', container: up }),
      kinds: [],
    },
    {
      note: 'never touches a failed session',
      seen: see({ status: 'error', container: up }),
      kinds: [],
    },
  ])('$note', ({ seen, kinds }) => expect(kindsOf(planSession(seen, NOW))).toEqual(kinds))

  test.each([
    ['out of memory', oomKilled, 'oom_killed'],
    ['an exit code', ended, 'container_death'],
    ['a removal from outside', absent, 'container_removed'],
  ])('distinguishes a death by %s from the others', (_note, container, code) => {
    const [action] = planSession(see({ ...running, container }), NOW)
    expect(action).toMatchObject({
      kind: 'record-failure',
      failure: { code },
      snapshotName: `${DATASET}@death-${NOW.getTime()}`,
    })
  })

  test('names no snapshot for a start whose container never ran', () => {
    const [action] = planSession(see({ container: created, deadlineMs: OVERDUE }), NOW)
    expect(action).toMatchObject({ kind: 'record-failure', snapshotName: null })
  })

  test('gives the last try of a snapshot away only past the snapshot’s own deadline', () => {
    const firstOf = (row: Partial<PlannedRow>) =>
      planSession(see({ ...stopping, ...row }), NOW).at(0)
    expect([
      firstOf({}),
      firstOf({ deadlineMs: OVERDUE }),
      firstOf({ deadlineMs: OVERDUE, snapshotDeadlineMs: null }),
      firstOf({ deadlineMs: OVERDUE, snapshotDeadlineMs: OVERDUE }),
    ]).toMatchObject([
      { isLastTry: false },
      { isLastTry: false },
      { isLastTry: false },
      { isLastTry: true },
    ])
  })
})

describe('any situation', () => {
  const situation = fc.record({
    row: fc.record({
      status: fc.constantFrom('starting', 'running', 'stopping', 'stopped', 'error'),
      container_id: fc.constantFrom(null, 'c1'),
      workspace_zfs: fc.constant(DATASET),
      deadlineMs: fc.constantFrom(null, LATER, OVERDUE),
      snapshotDeadlineMs: fc.constantFrom(null, LATER, OVERDUE),
      failed_at: fc.constantFrom(null, '2026-03-01 12:00:00.000000'),
      snapshot_name: fc.constantFrom(null, STOP, DEATH),
    }),
    container: fc.constantFrom<ContainerFact>(away, absent, foreign, created, up, ended, oomKilled),
    workspace: fc.constantFrom<WorkspaceFact>(poolAway, snapshotTaken, {
      kind: 'known',
      isMounted: false,
      snapshotTaken: false,
    }),
  })

  test('has a plan that frees no GPU before its container was seen gone', () => {
    fc.assert(
      fc.property(situation, (seen) => {
        const kinds = kindsOf(planSession(seen as Observation, NOW))
        const freeing = kinds.findIndex((kind) => kind === 'mark-stopped' || kind === 'mark-error')
        if (freeing < 0) return true
        const { kind } = seen.container
        if (kind === 'unknown') return kinds.slice(0, freeing).includes('wait')
        return kind !== 'present' || kinds.slice(0, freeing).includes('remove-container')
      }),
    )
  })

  test('has a plan that takes no snapshot while a container could still write', () => {
    fc.assert(
      fc.property(situation, (seen) => {
        const kinds = kindsOf(planSession(seen as Observation, NOW))
        const snapshot = kinds.indexOf('take-snapshot')
        return (
          snapshot < 0 ||
          seen.container.kind !== 'present' ||
          kinds.indexOf('remove-container') < snapshot
        )
      }),
    )
  })

  test('touches nothing of a terminal session', () => {
    fc.assert(
      fc.property(situation, (seen) => {
        const isTerminal = seen.row.status === 'stopped' || seen.row.status === 'error'
        return !isTerminal || planSession(seen as Observation, NOW).length === 0
      }),
    )
  })
})
