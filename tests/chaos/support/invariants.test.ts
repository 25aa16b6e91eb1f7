import { toSqlTime } from '@medforge/db'
import { describe, expect, test } from 'vitest'
import type { EventRow, Facts, SessionRow } from './facts.ts'
import type { Operation } from './history.ts'
import { type Evidence, findViolations } from './invariants.ts'
import type { Lifetime } from './witness.ts'

const AT_MS = Date.parse('2026-03-01T12:00:00Z')
const SECOND_NS = 1_000_000_000n
const START_NS = BigInt(AT_MS) * 1_000_000n
const DATASET = 'tank/medforge/workspaces/u/s'
const SNAPSHOT = `${DATASET}@stop-${AT_MS}`

const stopped = {
  ...{ id: 's', user_id: 'u', slug: 'aaaabbbb', status: 'stopped', gpu_id: 3, gpu_active: null },
  ...{ workspace_zfs: DATASET, snapshot_name: SNAPSHOT, last_snapshot_name: SNAPSHOT },
  ...{ created_at: toSqlTime(new Date(AT_MS)), started_at: toSqlTime(new Date(AT_MS)) },
  error_message: null,
} as SessionRow

const life: Lifetime = {
  ...{ containerId: 'c1', sessionId: 's', gpuId: 3 },
  ...{ createdNs: START_NS, startedNs: START_NS + SECOND_NS },
  ...{ diedNs: START_NS + 5n * SECOND_NS, destroyedNs: START_NS + 6n * SECOND_NS },
}

const move = (from: SessionRow['status'] | null, to: SessionRow['status']) =>
  ({ session_id: 's', kind: 'transition', from_status: from, to_status: to }) as EventRow

/** A session that was launched and stopped as it should be. */
function evidence(changes: Partial<Facts> = {}, more: Partial<Evidence> = {}): Evidence {
  const facts: Facts = {
    sessions: [stopped],
    events: [
      move(null, 'starting'),
      move('starting', 'running'),
      move('running', 'stopping'),
      move('stopping', 'stopped'),
    ],
    limits: new Map([['u', 1]]),
    submissions: [],
    scores: [],
    containers: [],
    datasets: new Set([DATASET]),
    snapshots: new Map([[DATASET, [{ name: SNAPSHOT, createdAtSeconds: AT_MS / 1000 + 6 }]]]),
    ...changes,
  }
  return { facts, lifetimes: [life], operations: [], since: new Date(AT_MS), ...more }
}

const row = (changes: Partial<SessionRow>) => ({ ...stopped, ...changes })
const acknowledged = (what: Operation['what'], subject: string) =>
  ({ who: 'p', what, outcome: 'ok', subject }) as Operation
const running = row({ status: 'running', gpu_active: 1 })
const upToRunning = [move(null, 'starting'), move('starting', 'running')]
const snapshotAt = (name: string, seconds: number) => ({
  name,
  createdAtSeconds: AT_MS / 1000 + seconds,
})

describe(findViolations, () => {
  test('finds nothing where all is as it should be', () => {
    expect(findViolations(evidence())).toEqual([])
  })

  const other = { ...life, containerId: 'c2', sessionId: 't' }
  test.each<[string, RegExp, Evidence]>([
    [
      'two containers on one GPU',
      /^I1: GPU 3/,
      evidence({}, { lifetimes: [life, { ...other, createdNs: START_NS + 5n * SECOND_NS }] }),
    ],
    [
      'a container on the GPU of one that was never destroyed',
      /^I1: GPU 3/,
      evidence(
        {},
        {
          lifetimes: [
            { ...life, destroyedNs: null },
            { ...other, createdNs: START_NS + 9n * SECOND_NS },
          ],
        },
      ),
    ],
    [
      'more sessions than a person may have',
      /^I2: user u has 2/,
      evidence({
        sessions: [running, row({ id: 't', status: 'starting', gpu_active: 1, gpu_id: 4 })],
      }),
    ],
    [
      'a container without a session',
      /^I4: container mf-session-aaaabbbb/,
      evidence({
        containers: [{ id: 'c1', name: 'mf-session-aaaabbbb', sessionId: 's', state: 'exited' }],
      }),
    ],
    [
      'a running session without a container',
      /^I4: running session s has no container/,
      evidence({ sessions: [running], events: upToRunning }),
    ],
    [
      'two snapshots of one stop',
      /^I5: .*2 snapshots of its stop/,
      evidence({
        snapshots: new Map([
          [DATASET, [snapshotAt(SNAPSHOT, 6), snapshotAt(`${DATASET}@stop-1`, 7)]],
        ]),
      }),
    ],
    ['no snapshot', /^I5: .*no snapshot of its stop/, evidence({ snapshots: new Map() })],
    [
      'a snapshot from before the exit',
      /^I5: .*older than its exit/,
      evidence({ snapshots: new Map([[DATASET, [snapshotAt(SNAPSHOT, 4)]]]) }),
    ],
    [
      'an acknowledged session that is gone',
      /^I6: session x/,
      evidence({}, { operations: [acknowledged('create', 'x')] }),
    ],
    [
      'an acknowledged stop that was forgotten',
      /^I6: the stop of session s/,
      evidence(
        {
          sessions: [running],
          events: upToRunning,
          containers: [{ id: 'c1', name: 'mf-session-aaaabbbb', sessionId: 's', state: 'running' }],
        },
        { operations: [acknowledged('stop', 's')] },
      ),
    ],
    [
      'a move out of an end',
      /^I7: session s moved from stopped to running/,
      evidence({ events: [...evidence().facts.events, move('stopped', 'running')] }),
    ],
    ['a workspace that is gone', /^I11: /, evidence({ datasets: new Set() })],
  ])('finds %s', (_what, violation, given) => {
    expect(findViolations(given)).toContainEqual(expect.stringMatching(violation))
  })

  test('finds two official scores, and two scores of one file', () => {
    const submission = (id: string) =>
      ({
        id,
        sha256: Buffer.alloc(32),
        score_status: 'scored',
        competition_id: 'k',
      }) as Facts['submissions'][0]
    const score = (submission_id: string, primary_score: number) =>
      ({
        ...{ submission_id, primary_score, is_official: true },
        ...{ manifest_sha256: 'm', scorer_version: '1' },
      }) as Facts['scores'][0]
    const submissions = [submission('a'), submission('b')]
    const twice = evidence({ submissions, scores: [score('a', 1), score('a', 1), score('b', 1)] })
    expect(findViolations(twice)).toEqual(['I8: submission a has 2 official scores'])
    const unequal = evidence({ submissions, scores: [score('a', 1), score('b', 0.5)] })
    expect(findViolations(unequal)).toEqual(['I8: the same file has the scores 1 and 0.5'])
  })
})
