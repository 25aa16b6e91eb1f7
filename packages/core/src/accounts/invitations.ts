import type { InvitationRequest, NewInvitation } from '@medforge/contracts'
import { type DB, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'
import { newId } from '../ids.ts'
import type { ChangedBy } from './account-changes.ts'
import { findInvitation, insertInvitation } from './invitations-repository.ts'
import { newInvitationCode } from './tokens.ts'

/** Make an invitation. Its code is in the answer and nowhere else. */
export async function createInvitation(
  db: Kysely<DB>,
  hashInvitation: (code: string) => Buffer,
  request: InvitationRequest,
  by: ChangedBy,
): Promise<NewInvitation> {
  const id = newId()
  const code = newInvitationCode()
  const row = {
    id,
    code_hash: hashInvitation(code),
    note: request.note?.trim() || null,
    max_uses: request.max_uses ?? 1,
    created_by: by.actorUserId,
    created_at: toSqlTime(by.at),
    expires_at: request.expires_at ? toSqlTime(new Date(request.expires_at)) : null,
    revoked_at: null,
  }
  await insertInvitation(db, row, by)
  const invitation = await findInvitation(db, id, by.at)
  if (!invitation) throw new Error('The invitation that was just made is not there.')
  return { code, invitation }
}
