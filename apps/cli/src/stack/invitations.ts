import type { InvitationRequest, NewInvitation } from '@medforge/contracts'
import { createInvitation, createInvitations } from '@medforge/core'
import { createDatabase } from '@medforge/db'

/** Make an invitation as the operator. */
export async function inviteFromHost(
  secrets: { databaseUrl: string; sessionSecret: string },
  wish: InvitationRequest,
): Promise<NewInvitation> {
  await using db = createDatabase(secrets.databaseUrl, { poolSize: 1 })
  const invitations = createInvitations(db, secrets.sessionSecret)
  return await createInvitation(invitations, wish, { actorUserId: null, at: new Date() })
}
