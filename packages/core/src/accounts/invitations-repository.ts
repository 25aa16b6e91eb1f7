import type { Invitation } from '@medforge/contracts'
import {
  type DB,
  recordAudit,
  type SqlTime,
  sqlTimeToMs,
  toSqlTime,
  toTimestamp,
} from '@medforge/db'
import type { ExpressionBuilder, Insertable, Kysely, Transaction } from 'kysely'

/** Where a page ended. */
export type InvitationKey = { created_at: SqlTime; id: string }

type By = { actorUserId: string | null; requestId?: string; at: Date }

export interface InvitationsRepository {
  /** Whether a sign-up could take a use of this code now. */
  isUsable(codeHash: Buffer, at: Date): Promise<boolean>
  insert(row: Insertable<DB['invitations']>, by: By): Promise<void>
  find(id: string, at: Date): Promise<Invitation | undefined>
  /** Newest first. */
  list(page: {
    limit: number
    after: InvitationKey | null
    at: Date
  }): Promise<{ invitation: Invitation; key: InvitationKey }[]>
  /** No account is made with it any more. @returns false when there is no such invitation */
  revoke(id: string, by: By): Promise<boolean>
}

/**
 * Take one use of an invitation, in the transaction of the sign-up; its row stays locked until that ends, so the count is never passed.
 *
 * @returns the invitation's id, or undefined when none is usable by this code
 */
export async function takeInvitation(
  tx: Transaction<DB>,
  codeHash: Buffer,
  at: Date,
): Promise<string | undefined> {
  const row = await tx
    .selectFrom('invitations')
    .select('id')
    .where('code_hash', '=', codeHash)
    .where(usableAt(at))
    .forUpdate()
    .executeTakeFirst()
  if (!row) return undefined
  await tx
    .updateTable('invitations')
    .set(({ eb }) => ({ uses: eb('uses', '+', 1) }))
    .where('id', '=', row.id)
    .execute()
  return row.id
}

function usableAt(at: Date) {
  return ({ eb, and, or, ref }: ExpressionBuilder<DB, 'invitations'>) =>
    and([
      eb('invitations.revoked_at', 'is', null),
      or([
        eb('invitations.expires_at', 'is', null),
        eb('invitations.expires_at', '>', toSqlTime(at)),
      ]),
      eb('invitations.uses', '<', ref('invitations.max_uses')),
    ])
}

export function createInvitationsRepository(db: Kysely<DB>): InvitationsRepository {
  const select = () =>
    db
      .selectFrom('invitations')
      .leftJoin('users', 'users.id', 'invitations.created_by')
      .select([
        'invitations.id',
        'invitations.note',
        'invitations.max_uses',
        'invitations.uses',
        'invitations.created_at',
        'invitations.expires_at',
        'invitations.revoked_at',
        'users.email',
      ])
  type Row = Awaited<ReturnType<ReturnType<typeof select>['executeTakeFirstOrThrow']>>

  function toInvitation(row: Row, at: Date): Invitation {
    const { id, note, max_uses, uses } = row
    const isExpired = row.expires_at !== null && sqlTimeToMs(row.expires_at) <= at.getTime()
    return {
      id,
      note,
      max_uses,
      uses,
      is_usable: row.revoked_at === null && !isExpired && uses < max_uses,
      created_by: row.email,
      created_at: toTimestamp(row.created_at),
      expires_at: row.expires_at && toTimestamp(row.expires_at),
      revoked_at: row.revoked_at && toTimestamp(row.revoked_at),
    }
  }

  return {
    async isUsable(codeHash, at) {
      const row = await db
        .selectFrom('invitations')
        .select('id')
        .where('code_hash', '=', codeHash)
        .where(usableAt(at))
        .executeTakeFirst()
      return row !== undefined
    },

    async insert(row, by) {
      await db.transaction().execute(async (tx) => {
        await tx.insertInto('invitations').values(row).execute()
        const { max_uses, expires_at } = row
        const detail = { max_uses, expires_at: expires_at ?? null }
        await recordAudit(tx, { ...by, action: 'invitation.create', subject: row.id, detail })
      })
    },

    async find(id, at) {
      const row = await select().where('invitations.id', '=', id).executeTakeFirst()
      return row && toInvitation(row, at)
    },

    async list({ limit, after, at }) {
      const rows = await select()
        .$if(after !== null, (query) =>
          query.where(({ or, and, eb }) =>
            or([
              eb('invitations.created_at', '<', after?.created_at ?? ''),
              and([
                eb('invitations.created_at', '=', after?.created_at ?? ''),
                eb('invitations.id', '<', after?.id ?? ''),
              ]),
            ]),
          ),
        )
        .orderBy('invitations.created_at', 'desc')
        .orderBy('invitations.id', 'desc')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        invitation: toInvitation(row, at),
        key: { created_at: row.created_at, id: row.id },
      }))
    },

    async revoke(id, by) {
      return db.transaction().execute(async (tx) => {
        const row = await tx
          .selectFrom('invitations')
          .select('revoked_at')
          .where('id', '=', id)
          .forUpdate()
          .executeTakeFirst()
        if (!row) return false
        if (row.revoked_at !== null) return true
        const revoked_at = toSqlTime(by.at)
        await tx.updateTable('invitations').set({ revoked_at }).where('id', '=', id).execute()
        await recordAudit(tx, { ...by, action: 'invitation.revoke', subject: id })
        return true
      })
    },
  }
}
