import type { InvitationRequest, NewInvitation } from '@medforge/contracts'
import { type DB, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'
import { newId } from '../ids.ts'
import {
  createInvitationsRepository,
  type InvitationsRepository,
} from './invitations-repository.ts'
import { createInvitationHasher, newInvitationCode } from './tokens.ts'

export type InvitationsDeps = {
  repository: InvitationsRepository
  hashInvitation: (code: string) => Buffer
}

export function createInvitations(db: Kysely<DB>, sessionSecret: string): InvitationsDeps {
  const hashInvitation = createInvitationHasher(sessionSecret)
  return { repository: createInvitationsRepository(db), hashInvitation }
}

/** Make an invitation. Its code is in the answer and nowhere else. */
export async function createInvitation(
  { repository, hashInvitation }: InvitationsDeps,
  wish: InvitationRequest,
  by: { actorUserId: string | null; requestId?: string; at: Date },
): Promise<NewInvitation> {
  const id = newId()
  const code = newInvitationCode()
  const row = {
    id,
    code_hash: hashInvitation(code),
    note: wish.note?.trim() || null,
    max_uses: wish.max_uses ?? 1,
    created_by: by.actorUserId,
    created_at: toSqlTime(by.at),
    expires_at: wish.expires_at ? toSqlTime(new Date(wish.expires_at)) : null,
    revoked_at: null,
  }
  await repository.insert(row, by)
  const invitation = await repository.find(id, by.at)
  if (!invitation) throw new Error('The invitation that was just made is not there.')
  return { code, invitation }
}
