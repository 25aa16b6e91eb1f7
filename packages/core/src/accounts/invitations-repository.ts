import type { Invitation } from '@medforge/contracts'
import {
  type CreatedKey,
  type DB,
  inTransaction,
  mapPage,
  newestFirst,
  type Page,
  type PageRequest,
  readPage,
  recordAudit,
  sqlTimeToMs,
  toSqlTime,
  toTimestamp,
} from '@medforge/db'
import type { ExpressionBuilder, Insertable, Kysely, Transaction } from 'kysely'
import type { ChangedBy } from './account-changes.ts'

/** Whether a sign-up could take a use of this code now. */
export async function isInvitationUsable(
  db: Kysely<DB>,
  codeHash: Buffer,
  at: Date,
): Promise<boolean> {
  const row = await db
    .selectFrom('invitations')
    .select('id')
    .where('code_hash', '=', codeHash)
    .where(usableAt(at))
    .executeTakeFirst()
  return row !== undefined
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

export async function insertInvitation(
  db: Kysely<DB>,
  row: Insertable<DB['invitations']>,
  by: ChangedBy,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await tx.insertInto('invitations').values(row).execute()
    const { max_uses, expires_at } = row
    const detail = { max_uses, expires_at: expires_at ?? null }
    await recordAudit(tx, { ...by, action: 'invitation.create', subject: row.id, detail })
  })
}

export async function findInvitation(
  db: Kysely<DB>,
  id: string,
  at: Date,
): Promise<Invitation | undefined> {
  const row = await selectInvitations(db).where('invitations.id', '=', id).executeTakeFirst()
  return row && toInvitation(row, at)
}

/** Newest first. */
export async function listInvitations(
  db: Kysely<DB>,
  page: PageRequest<CreatedKey>,
  at: Date,
): Promise<Page<Invitation, CreatedKey>> {
  const found = await readPage(selectInvitations(db), newestFirst('invitations'), page)
  return mapPage(found, (row) => toInvitation(row, at))
}

/** No account is made with it any more. @returns false when there is no such invitation */
export async function revokeInvitation(
  db: Kysely<DB>,
  id: string,
  by: ChangedBy,
): Promise<boolean> {
  return inTransaction(db, async (tx) => {
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

function selectInvitations(db: Kysely<DB>) {
  return db
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
}

type Row = Awaited<ReturnType<ReturnType<typeof selectInvitations>['executeTakeFirstOrThrow']>>

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
