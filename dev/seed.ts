import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { competitionSeeds, ensureCompetitionData } from '@medforge/competitions'
import { createDatabase, type DB, migrateToLatest, seedCompetition, toSqlTime } from '@medforge/db'
import { newHost, newSession, newUser, PASSWORD } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { LASTING_SLUGS } from './fake-host.ts'
import { FOLDERS, keptSecret, REPOSITORY, WEB_HOST } from './settings.ts'

/** Who can sign in, all with `PASSWORD`. */
export const PEOPLE = ['admin', 'ada', 'ben', 'chen', 'dora', 'emil', 'fatima'] as const
export { PASSWORD }

export const emailOf = (name: (typeof PEOPLE)[number]) => `${name}@${WEB_HOST}`

/**
 * Bring the schema up to date and fill an empty database: people, sessions in every status, competitions with demo holdouts. Submissions
 * are made through the API afterwards (`seed-submissions.ts`), so that their scores are real ones.
 *
 * Repeating it changes nothing.
 *
 * @returns whether the database was empty
 */
export async function seedDatabase(databaseUrl: string): Promise<boolean> {
  await migrateToLatest(databaseUrl)
  for (const folder of Object.values(FOLDERS)) mkdirSync(folder, { recursive: true })
  await using db = createDatabase(databaseUrl, { poolSize: 2 })
  await seedCompetitions(db)
  if (await hasPeople(db)) return false
  await newHost(db)
  await seedPeople(db)
  return true
}

async function hasPeople(db: Kysely<DB>): Promise<boolean> {
  return (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined
}

async function seedCompetitions(db: Kysely<DB>): Promise<void> {
  const publicRoot = join(REPOSITORY, 'competitions')
  const hiddenRoot = FOLDERS.hiddenParts
  const log = () => {}
  // Whoever runs the inner loop runs the worker too.
  const readerGid = process.getgid?.() ?? 0
  await ensureCompetitionData({
    publicRoot,
    hiddenRoot,
    secretSeed: keptSecret('holdout'),
    log,
    readerGid,
  })
  for (const seed of await competitionSeeds({ publicRoot, hiddenRoot, at: new Date(), log })) {
    await seedCompetition(db, seed)
  }
}

async function seedPeople(db: Kysely<DB>): Promise<void> {
  const ids = new Map<string, string>()
  for (const name of PEOPLE) {
    const { id } = await newUser(db, {
      email: emailOf(name),
      display_name: `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      role: name === 'admin' ? 'admin' : 'user',
      max_concurrent_sessions: 2,
      created_at: toSqlTime(new Date()),
    })
    ids.set(name, id)
  }
  const idOf = (name: (typeof PEOPLE)[number]) => ids.get(name) ?? ''
  const at = (minutesAgo: number) => toSqlTime(new Date(Date.now() - minutesAgo * 60_000))
  const soon = toSqlTime(new Date(Date.now() + 3_500_000))
  await seedEnded(db, idOf('ada'), at)
  await newSession(db, { user_id: idOf('ada'), gpu_id: 0, created_at: at(50), started_at: at(49) })
  await newSession(db, {
    user_id: idOf('ben'),
    gpu_id: 1,
    status: 'starting',
    slug: LASTING_SLUGS.starting,
    created_at: at(1),
    deadline_at: soon,
  })
  const stopping = randomUUID()
  await newSession(db, {
    id: stopping,
    user_id: idOf('chen'),
    gpu_id: 2,
    status: 'stopping',
    slug: LASTING_SLUGS.stopping,
    container_id: 'c'.repeat(64),
    created_at: at(120),
    started_at: at(119),
    stop_requested_at: at(1),
    deadline_at: soon,
    snapshot_name: `tank/medforge/workspaces/${idOf('chen')}/${stopping}@stop-${Date.now() - 60_000}`,
  })
}

async function seedEnded(db: Kysely<DB>, userId: string, at: (minutesAgo: number) => string) {
  const stopped = randomUUID()
  const snapshot = `tank/medforge/workspaces/${userId}/${stopped}@stop-${Date.now() - 86_400_000}`
  await newSession(db, {
    id: stopped,
    user_id: userId,
    gpu_id: 3,
    status: 'stopped',
    created_at: at(1500),
    started_at: at(1499),
    stopped_at: at(1440),
    snapshot_name: snapshot,
    last_snapshot_name: snapshot,
    last_snapshot_at: at(1440),
  })
  await newSession(db, {
    user_id: userId,
    gpu_id: 4,
    status: 'error',
    created_at: at(3000),
    started_at: at(2999),
    stopped_at: at(2900),
    error_message:
      'The session used up its memory and was ended. Your files are kept; launch a new session and work on less data at once.',
  })
}
