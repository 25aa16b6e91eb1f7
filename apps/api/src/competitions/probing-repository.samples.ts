import type { SqlSamples } from '@medforge/db'
import type * as repository from './probing-repository.ts'

export const samples: SqlSamples<typeof repository> = {
  listProbers: {
    'first page': ['c', { limit: 50, after: null }],
    'next page': ['c', { limit: 50, after: { flagged: 2, user_id: 'u' } }],
  },
  listSharedFiles: { args: ['c'], rows: [[{ sha256: Buffer.alloc(32), accounts: 2, total: 1 }]] },
}
