import type { SqlSamples } from '@medforge/db'
import type * as repository from './repository.ts'

const AT = new Date(0)

export const samples: SqlSamples<typeof repository> = {
  listUsers: {
    'first page': [undefined, { limit: 50, after: null }],
    'by a part of a name, next page': ['ada', { limit: 50, after: { created_at: 't', id: 'u' } }],
  },
  findUser: ['u'],
  findUserByEmail: ['ada@example.org'],
  lockUser: ['u'],
  lockUserAndAdmins: ['u'],
  updateUser: ['u', { role: 'admin', max_concurrent_sessions: 1, disabled_at: null }],
  revokeAccessTokensOf: ['u', AT],
  revokeLoginsOf: ['u', AT],
}
