import type { InvitationRequest, NewInvitation } from '@medforge/contracts'
import { createInvitation, createInvitationHasher } from '@medforge/core'
import { createDatabase } from '@medforge/db'

/** Make an invitation as the operator. */
export async function inviteFromHost(
  secrets: { databaseUrl: string; sessionSecret: string },
  request: InvitationRequest,
): Promise<NewInvitation> {
  await using db = createDatabase(secrets.databaseUrl, { poolSize: 1 })
  const hashInvitation = createInvitationHasher(secrets.sessionSecret)
  return await createInvitation(db, hashInvitation, request, { actorUserId: null, at: new Date() })
}
