import { ACTIVE_SESSION_STATUSES, sessionContainerName } from '@medforge/contracts'
import { canTransition, isTerminal } from '@medforge/core'
import { toSqlTime } from '@medforge/db'
import type { Facts, SessionRow } from './facts.ts'
import type { Operation } from './history.ts'
import type { Lifetime } from './witness.ts'

export type Evidence = {
  facts: Facts
  lifetimes: readonly Lifetime[]
  operations: readonly Operation[]
  /** When these tests began to watch: what older sessions left is not judged by the witness. */
  since: Date
}

/** Everything that is wrong at a moment of rest, each with the invariant that it breaks (hazards I1 to I11). Pure. */
export function findViolations(evidence: Evidence): string[] {
  return [...findViolationsOfAnyMoment(evidence), ...containersMatchRows(evidence.facts)]
}

/** What is wrong however much is under way. Pure. */
export function findViolationsOfAnyMoment(evidence: Evidence): string[] {
  return [
    ...exclusiveGpus(evidence),
    ...countedGpus(evidence.facts),
    ...stopSnapshots(evidence),
    ...acknowledgedWrites(evidence),
    ...allowedMoves(evidence.facts),
    ...officialScores(evidence.facts),
    ...keptWorkspaces(evidence),
  ]
}

const isActive = ({ status }: SessionRow) =>
  (ACTIVE_SESSION_STATUSES as readonly string[]).includes(status)

/** I1 and I3: between two containers of one GPU lies the moment at which Docker had destroyed the first. */
function exclusiveGpus({ facts, lifetimes }: Evidence): string[] {
  const gpuOfSession = new Map(facts.sessions.map((row) => [row.id, row.gpu_id]))
  const found: string[] = []
  const byGpu = Map.groupBy(
    lifetimes,
    (life) => life.gpuId ?? gpuOfSession.get(life.sessionId) ?? null,
  )
  for (const [gpu, lives] of byGpu) {
    if (gpu === null) continue
    const ordered = lives.toSorted((a, b) => Number(a.createdNs - b.createdNs))
    for (const [index, life] of ordered.entries()) {
      const before = ordered[index - 1]
      if (!before || (before.destroyedNs !== null && before.destroyedNs <= life.createdNs)) continue
      found.push(
        `I1: GPU ${gpu} was in two containers at once: ${before.containerId.slice(0, 12)} of session ${before.sessionId} and ${life.containerId.slice(0, 12)} of session ${life.sessionId}`,
      )
    }
  }
  return found
}

/** I2 */
function countedGpus({ sessions, limits }: Facts): string[] {
  const active = sessions.filter(isActive)
  const found: string[] = []
  for (const [gpu, rows] of Map.groupBy(active, (row) => row.gpu_id)) {
    if (rows.length > 1)
      found.push(`I2: GPU ${gpu} is held by ${rows.map(({ id }) => id).join(' and ')}`)
  }
  for (const [user, rows] of Map.groupBy(active, (row) => row.user_id)) {
    const limit = limits.get(user) ?? 0
    if (rows.length > limit)
      found.push(`I2: user ${user} has ${rows.length} sessions, the limit is ${limit}`)
  }
  for (const row of sessions) {
    if ((row.gpu_active === 1) !== isActive(row)) {
      found.push(
        `I2: session ${row.id} is ${row.status} and its GPU counts as ${row.gpu_active === 1 ? 'busy' : 'free'}`,
      )
    }
  }
  return found
}

/** I4, and that a running row has a running container. */
function containersMatchRows({ sessions, containers }: Facts): string[] {
  const rows = new Map(sessions.filter(isActive).map((row) => [row.id, row]))
  const found: string[] = []
  for (const container of containers) {
    const row = rows.get(container.sessionId)
    if (!row)
      found.push(`I4: container ${container.name} (${container.state}) has no active session`)
    else if (sessionContainerName(row.slug) !== container.name) {
      found.push(`I4: container ${container.name} is not the one of its session ${row.id}`)
    }
  }
  for (const row of rows.values()) {
    if (row.status !== 'running') continue
    const mine = containers.filter(({ sessionId }) => sessionId === row.id)
    const isRunning = mine.length === 1 && mine[0]?.state === 'running'
    if (!isRunning) {
      found.push(
        `I4: running session ${row.id} has ${mine.map(({ state }) => state).join(', ') || 'no container'}`,
      )
    }
  }
  return found
}

/**
 * I5: one stop is one snapshot, of the name that the row had fixed, taken after the container had exited. A session that was stopped while
 * its death was being recorded may have one of each.
 */
function stopSnapshots({ facts, lifetimes, since }: Evidence): string[] {
  const lives = Map.groupBy(lifetimes, ({ sessionId }) => sessionId)
  const ended = facts.sessions.filter(
    (row) => isTerminal(row.status) && row.created_at >= toSqlTime(since),
  )
  return ended.flatMap((row) => {
    const taken = facts.snapshots.get(row.workspace_zfs) ?? []
    const mine = lives.get(row.id) ?? []
    const names = taken.map(({ name }) => name)
    // One that was stopped during its launch may have had a program that wrote.
    const hasRun = row.started_at !== null || mine.some(({ startedNs }) => startedNs !== null)
    const wrong = [
      ...wrongNames(row, names, row.status === 'stopped' ? hasRun : row.started_at !== null),
      ...(takenTooEarly(taken, mine) ? ['one that is older than its exit'] : []),
    ]
    return wrong.map((what) => `I5: session ${row.id} is ${row.status} and has ${what}`)
  })
}

function wrongNames(row: SessionRow, names: readonly string[], hasRun: boolean): string[] {
  const of = (cause: string) => names.filter((name) => name.includes(`@${cause}-`))
  const isHonest = /snapshot could not be taken/.test(row.error_message ?? '')
  const wanted = row.status === 'stopped' ? 'stop' : 'death'
  const found: string[] = []
  for (const cause of ['stop', 'death']) {
    if (of(cause).length > 1) found.push(`${of(cause).length} snapshots of its ${cause}`)
  }
  if (hasRun && of(wanted).length === 0 && !(isHonest && row.status === 'error')) {
    found.push(`no snapshot of its ${wanted}`)
  }
  if (row.last_snapshot_name !== null && !names.includes(row.last_snapshot_name)) {
    found.push(`no ${row.last_snapshot_name}, which its row names`)
  }
  return found
}

function takenTooEarly(
  taken: readonly { createdAtSeconds: number }[],
  lives: readonly Lifetime[],
): boolean {
  return lives.some(({ startedNs, diedNs }) => {
    if (startedNs === null || diedNs === null) return false
    // ZFS counts whole seconds.
    const diedAtSeconds = Number(diedNs / 1_000_000_000n)
    return taken.some(({ createdAtSeconds }) => createdAtSeconds < diedAtSeconds)
  })
}

/** I6: what was answered with 201 or 202 is there. */
function acknowledgedWrites({ facts, operations }: Evidence): string[] {
  const sessions = new Map(facts.sessions.map((row) => [row.id, row]))
  const submissions = new Set(facts.submissions.map(({ id }) => id))
  const found: string[] = []
  for (const { what, outcome, subject, who } of operations) {
    if (outcome !== 'ok' || subject === null) continue
    const row = sessions.get(subject)
    if (what === 'create' && !row)
      found.push(`I6: session ${subject} of ${who} was acknowledged and is gone`)
    if (what === 'stop' && (!row || !hasEnded(row))) {
      found.push(
        `I6: the stop of session ${subject} was acknowledged, and it is ${row?.status ?? 'gone'}`,
      )
    }
    if (what === 'upload' && !submissions.has(subject)) {
      found.push(`I6: submission ${subject} of ${who} was acknowledged and is gone`)
    }
  }
  return found
}

const hasEnded = (row: SessionRow) => row.status === 'stopping' || isTerminal(row.status)

/** I7: a chain of allowed moves, and nothing after its end. */
function allowedMoves({ sessions, events }: Facts): string[] {
  const moves = Map.groupBy(
    events.filter(({ kind }) => kind === 'transition'),
    (event) => event.session_id,
  )
  const found: string[] = []
  for (const row of sessions) {
    let status: SessionRow['status'] | null = null
    for (const { from_status, to_status } of moves.get(row.id) ?? []) {
      const isAllowed =
        from_status === status &&
        to_status !== null &&
        (status === null ? to_status === 'starting' : canTransition(status, to_status))
      if (!isAllowed)
        found.push(
          `I7: session ${row.id} moved from ${from_status} to ${to_status} when it was ${status}`,
        )
      status = to_status
    }
    if (moves.has(row.id) && status !== row.status) {
      found.push(`I7: session ${row.id} is ${row.status}, its last event says ${status}`)
    }
  }
  return found
}

/** I8: at most one official score, the same for the same bytes against the same holdout. */
function officialScores({ submissions, scores }: Facts): string[] {
  const found: string[] = []
  const official = Map.groupBy(
    scores.filter(({ is_official }) => is_official),
    (score) => score.submission_id,
  )
  for (const [id, rows] of official) {
    if (rows.length > 1) found.push(`I8: submission ${id} has ${rows.length} official scores`)
  }
  const known = new Map<string, number>()
  for (const { id, sha256, score_status, competition_id } of submissions) {
    const score = official.get(id)?.[0]
    if (score_status === 'scored' && !score)
      found.push(`I8: submission ${id} is scored and has no official score`)
    if (!score) continue
    const key = `${competition_id} ${sha256.toString('hex')} ${score.manifest_sha256} ${score.scorer_version}`
    const before = known.get(key) ?? score.primary_score
    known.set(key, before)
    if (before !== score.primary_score) {
      found.push(`I8: the same file has the scores ${before} and ${score.primary_score}`)
    }
  }
  return found
}

/** I11: a workspace that a container ever had is still there. */
function keptWorkspaces({ facts, lifetimes }: Evidence): string[] {
  const rows = new Map(facts.sessions.map((row) => [row.id, row]))
  return lifetimes.flatMap(({ sessionId }) => {
    const row = rows.get(sessionId)
    if (!row || facts.datasets.has(row.workspace_zfs)) return []
    return [`I11: the workspace of session ${sessionId} is gone`]
  })
}
