import type { InvitationRequest, NewInvitation } from '@medforge/contracts'
import { createDatabase } from '@medforge/db'
import { createInvitation, createInvitations } from '../../../api/src/identity/invitations.ts'

/** Make an invitation as the operator. */
export async function inviteFromHost(
  secrets: { databaseUrl: string; sessionSecret: string },
  wish: InvitationRequest,
): Promise<NewInvitation> {
  await using db = createDatabase(secrets.databaseUrl, { poolSize: 1 })
  const invitations = createInvitations(db, secrets.sessionSecret)
  return await createInvitation(invitations, wish, { actorUserId: null, at: new Date() })
}
