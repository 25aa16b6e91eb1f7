import { randomBytes, randomUUID } from 'node:crypto'
import { DEFAULT_PACK_ID, SESSION_SLUG_ALPHABET } from '@medforge/contracts'
import { type DB, displayNameKeys, seedDefaultPack, seedGpus, toSqlTime } from '@medforge/db'
import type { Insertable, Kysely, Selectable } from 'kysely'

/** The password of everybody that `newUser` makes. */
export const PASSWORD = 'correct horse battery staple'
/** The cheapest argon2id hash of it, as everybody logs in. Tests of what a hash costs make their own. */
const PASSWORD_HASH =
  '$argon2id$v=19$m=8,t=1,p=1$C6uClCBDiHcbOKLunUGgsg$9m6d9b2beOhL8Ja7chOWQPZf9tlOE/X1v1E2NUmGoRU'

const AT = toSqlTime(new Date('2026-03-01T11:00:00Z'))
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

/** A person who can log in with `PASSWORD`. */
export async function newUser(
  db: Kysely<DB>,
  overrides: Partial<Insertable<DB['users']>> = {},
): Promise<Selectable<DB['users']>> {
  const id = overrides.id ?? randomUUID()
  const display_name = overrides.display_name ?? `Person ${id.slice(0, 13)}`
  await db
    .insertInto('users')
    .values({
      id,
      email: `${id}@people.test`,
      password_hash: PASSWORD_HASH,
      created_at: AT,
      ...overrides,
      display_name,
      ...displayNameKeys(display_name),
    })
    .execute()
  return db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

/** GPUs 0..6, present and healthy, and the default pack: what a host has before its first session. */
export async function newHost(db: Kysely<DB>): Promise<void> {
  await seedGpus(db)
  await db.updateTable('gpu_devices').set({ present: true, health: 'healthy' }).execute()
  await seedDefaultPack(db, `packs/default@${DIGEST}`, new Date('2026-03-01T11:00:00Z'))
}

/** A session of somebody on a host that `newHost` made; running on GPU 0 unless told otherwise. */
export async function newSession(
  db: Kysely<DB>,
  overrides: Partial<Insertable<DB['sessions']>> & { user_id: string },
): Promise<Selectable<DB['sessions']>> {
  const id = overrides.id ?? randomUUID()
  const status = overrides.status ?? 'running'
  const isTerminal = status === 'stopped' || status === 'error'
  await db
    .insertInto('sessions')
    .values({
      id,
      tier: 'public',
      pack_id: DEFAULT_PACK_ID,
      status,
      container_id: status === 'running' ? 'c'.repeat(64) : null,
      gpu_id: 0,
      slug: [...randomBytes(8)].map((byte) => SESSION_SLUG_ALPHABET[byte % 32]).join(''),
      workspace_zfs: `tank/medforge/workspaces/${overrides.user_id}/${id}`,
      created_at: AT,
      started_at: status === 'starting' ? null : AT,
      stopped_at: isTerminal ? AT : null,
      request_id: randomUUID(),
      ...overrides,
    })
    .execute()
  return db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}
