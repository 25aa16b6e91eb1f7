import type { DB } from '@medforge/db'
import type { Kysely, Selectable } from 'kysely'
import { runOnHost } from '../../support/installation.ts'
import { listSessionContainers, type SessionContainer } from './docker-api.ts'

export type SessionRow = Selectable<DB['sessions']>
export type EventRow = Selectable<DB['session_events']>

/** Everything that the invariants look at, read from the database, Docker and ZFS at one moment of rest. */
export type Facts = {
  sessions: SessionRow[]
  events: EventRow[]
  limits: Map<string, number>
  submissions: Selectable<DB['submissions']>[]
  scores: Selectable<DB['submission_scores']>[]
  containers: SessionContainer[]
  datasets: Set<string>
  /** By dataset, in seconds since the epoch. */
  snapshots: Map<string, { name: string; createdAtSeconds: number }[]>
}

export async function readFacts(db: Kysely<DB>, workspaceRoot: string): Promise<Facts> {
  const [sessions, events, users, submissions, scores, containers, zfs] = await Promise.all([
    db.selectFrom('sessions').selectAll().execute(),
    db.selectFrom('session_events').selectAll().orderBy('id').execute(),
    db.selectFrom('users').select(['id', 'max_concurrent_sessions']).execute(),
    db.selectFrom('submissions').selectAll().execute(),
    db.selectFrom('submission_scores').selectAll().execute(),
    listSessionContainers(),
    listZfs(workspaceRoot),
  ])
  const limits = new Map(users.map((user) => [user.id, user.max_concurrent_sessions]))
  return { sessions, events, limits, submissions, scores, containers, ...zfs }
}

async function listZfs(root: string): Promise<Pick<Facts, 'datasets' | 'snapshots'>> {
  // Only `get` tells numbers: ZFS in user space knows no `list -p`.
  const fields = ['-r', '-H', '-p', '-o', 'name,value', 'creation', root]
  const datasets = new Set<string>()
  const snapshots: Facts['snapshots'] = new Map()
  for (const line of (await runOnHost('zfs', 'get', ...fields)).split('\n')) {
    const [name = '', creation] = line.split('\t')
    const [dataset = '', snapshot] = name.split('@')
    if (snapshot === undefined) {
      datasets.add(dataset)
      continue
    }
    const taken = snapshots.get(dataset) ?? []
    taken.push({ name, createdAtSeconds: Number(creation) })
    snapshots.set(dataset, taken)
  }
  return { datasets, snapshots }
}
