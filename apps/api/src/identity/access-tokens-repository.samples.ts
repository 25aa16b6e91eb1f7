import type { SqlSamples } from '@medforge/db'
import type * as repository from './access-tokens-repository.ts'

const AT = new Date(0)
const HASH = Buffer.alloc(32)
const BY = { requestId: 'r', at: AT }

export const samples: SqlSamples<typeof repository> = {
  insertAccessToken: {
    args: [
      { id: 't', user_id: 'u', name: 'n', token_hash: HASH, created_at: 't', expires_at: 't' },
      { ...BY, max: 20 },
    ],
    rows: [[{ id: 'u' }], [{ count: 0 }]],
  },
  listAccessTokens: {
    'first page': ['u', AT, { limit: 50, after: null }],
    'next page': ['u', AT, { limit: 50, after: { created_at: 't', id: 't' } }],
  },
  revokeAccessToken: ['u', 't', BY],
  findAccessToken: [HASH, AT],
  noteAccessTokenUse: ['t', AT],
}
