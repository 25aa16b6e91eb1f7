import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { DB } from './schema/index.ts'

/** The processes that have a user of the database each. The operator's own, `medforge_admin`, may do everything in the schema. */
export const DATABASE_USERS = ['server', 'reconciler', 'worker'] as const
export type DatabaseUser = (typeof DATABASE_USERS)[number]

const RIGHTS = { S: 'SELECT', I: 'INSERT', U: 'UPDATE', D: 'DELETE' } as const

const READ_BY_RECONCILER = [
  'id',
  'role',
  'demoted_at',
  'disabled_at',
  'cpu_limit',
  'memory_limit_bytes',
  'shm_limit_bytes',
] as const satisfies (keyof DB['users'])[]

/**
 * What each process may do to each table, by the letters of `RIGHTS`, or which columns it may read: what its statements need and no more.
 * Nobody but the operator changes what the audit log has.
 */
const TABLE_RIGHTS: Record<
  keyof DB | 'kysely_migration',
  Record<DatabaseUser, string | readonly string[]>
> = {
  users: { server: 'SIU', reconciler: READ_BY_RECONCILER, worker: ['id'] },
  auth_sessions: { server: 'SIUD', reconciler: 'S', worker: '' },
  access_tokens: { server: 'SIU', reconciler: '', worker: '' },
  invitations: { server: 'SIU', reconciler: '', worker: '' },
  packs: { server: 'S', reconciler: 'S', worker: '' },
  gpu_devices: { server: 'SU', reconciler: 'SU', worker: '' },
  sessions: { server: 'SIU', reconciler: 'SU', worker: '' },
  session_events: { server: 'SI', reconciler: 'SI', worker: '' },
  session_accesses: { server: 'SID', reconciler: 'SID', worker: '' },
  storage_usage: { server: 'S', reconciler: 'SIU', worker: '' },
  datasets: { server: 'S', reconciler: '', worker: '' },
  competitions: { server: 'S', reconciler: '', worker: 'SU' },
  submissions: { server: 'SIU', reconciler: '', worker: 'SU' },
  submission_scores: { server: 'S', reconciler: '', worker: 'SIU' },
  leaderboard_entries: { server: 'SIUD', reconciler: '', worker: 'SIUD' },
  score_uncertainties: { server: 'S', reconciler: '', worker: 'SIU' },
  reference_scores: { server: 'S', reconciler: '', worker: 'SIUD' },
  submission_exclusions: { server: 'SIUD', reconciler: '', worker: 'S' },
  submission_fingerprints: { server: '', reconciler: '', worker: 'SIUD' },
  probing_flags: { server: 'S', reconciler: '', worker: 'SIU' },
  rescore_runs: { server: 'SIU', reconciler: '', worker: 'SU' },
  shadow_scores: { server: 'S', reconciler: '', worker: 'SIUD' },
  audit_events: { server: 'SI', reconciler: 'I', worker: 'I' },
  platform_state: { server: 'SIU', reconciler: 'SIU', worker: 'SIUD' },
  // Whether every migration has run.
  kysely_migration: { server: 'S', reconciler: 'S', worker: 'S' },
}

/**
 * Give each process exactly its rights on the tables of this connection's schema, whatever it had. What it keeps is never away meanwhile, so
 * that a process which runs does not notice; only the right to read some columns is, between two statements.
 *
 * @param db  a connection whose user has every right on the schema, with `GRANT OPTION`
 * @param accountOf  the user that a process connects as, which exists
 */
export async function grantTableRights(
  db: Kysely<DB>,
  accountOf: (user: DatabaseUser) => { name: string; host: string },
): Promise<void> {
  const everything = Object.values(RIGHTS)
  for (const user of DATABASE_USERS) {
    const { name, host } = accountOf(user)
    const account = sql`${sql.lit(name)}@${sql.lit(host)}`
    for (const [table, letters] of Object.entries(TABLE_RIGHTS)) {
      const on = sql.table(table)
      const rights = letters[user]
      const granted = typeof rights === 'string' ? rightsOf(rights) : []
      const others = everything.filter((right) => !granted.includes(right))
      if (granted.length > 0) await sql`GRANT ${list(granted)} ON ${on} TO ${account}`.execute(db)
      if (others.length > 0) await revoke(db, sql`REVOKE ${list(others)} ON ${on} FROM ${account}`)
      if (typeof rights === 'string') continue
      // Last: to revoke the right to read a table takes that of its columns along.
      const columns = sql.join(rights.map((column) => sql.ref(column)))
      await sql`GRANT SELECT (${columns}) ON ${on} TO ${account}`.execute(db)
    }
    // Earlier versions gave rights on the schema as a whole.
    await revoke(db, sql`REVOKE ${list(everything)} ON * FROM ${account}`)
  }
}

type Right = (typeof RIGHTS)[keyof typeof RIGHTS]

function rightsOf(letters: string): Right[] {
  return [...letters].map((letter) => RIGHTS[letter as keyof typeof RIGHTS])
}

function list(rights: readonly Right[]): RawBuilder<unknown> {
  return sql.raw(rights.join(', '))
}

// What is not there cannot be taken away: of a schema, of a table.
const NO_SUCH_GRANT = [1141, 1147]

async function revoke(db: Kysely<DB>, statement: RawBuilder<unknown>): Promise<void> {
  try {
    await statement.execute(db)
  } catch (error) {
    if (!NO_SUCH_GRANT.includes((error as { errno?: number }).errno ?? 0)) throw error
  }
}
