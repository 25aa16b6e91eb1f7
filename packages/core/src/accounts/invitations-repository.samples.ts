import type { SqlSamples } from '@medforge/db'
import type * as repository from './invitations-repository.ts'

const AT = new Date(0)
const BY = { actorUserId: 'u', requestId: 'r', at: AT }
const HASH = Buffer.alloc(32)

export const samples: SqlSamples<typeof repository> = {
  isInvitationUsable: [HASH, AT],
  takeInvitation: [HASH, AT],
  insertInvitation: [
    {
      id: 'i',
      code_hash: HASH,
      note: null,
      max_uses: 1,
      created_by: 'u',
      created_at: 't',
      expires_at: null,
      revoked_at: null,
    },
    BY,
  ],
  findInvitation: ['i', AT],
  listInvitations: {
    'first page': [{ limit: 50, after: null }, AT],
    'next page': [{ limit: 50, after: { created_at: 't', id: 'i' } }, AT],
  },
  revokeInvitation: { args: ['i', BY], rows: [[{ revoked_at: null }]] },
}
