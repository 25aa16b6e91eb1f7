import type { SqlSamples } from '@medforge/db'
import type * as repository from './repository.ts'

const FIRST = { limit: 50, after: null }
const NEXT = { limit: 50, after: { created_at: 't', id: 's' } }

export const samples: SqlSamples<typeof repository> = {
  findById: ['s'],
  findCurrent: ['u'],
  countActive: ['u'],
  findNthLaunch: ['u', 60, { after: 's', upTo: 't' }],
  findStorageUsage: ['u'],
  listByUser: { 'first page': ['u', FIRST], 'next page': ['u', NEXT] },
  searchSessions: {
    'first page': [{}, FIRST],
    'active ones': [{ status: 'active' }, FIRST],
    'next page, of a person and status': [{ user_id: 'u', status: 'error' }, NEXT],
  },
  lockFreeGpu: {
    'one is free': [],
    'none is free that nobody has locked': { args: [], rows: [[]] },
  },
  insertSession: [
    {
      id: 's',
      user_id: 'u',
      tier: 'public',
      pack_id: 'p',
      status: 'starting',
      gpu_id: 0,
      slug: 'abcdefgh',
      workspace_zfs: 'w',
      workspace_quota_bytes: 1,
      created_at: 't',
      request_id: 'r',
    },
    [
      { kind: 'transition', to_status: 'starting' },
      { kind: 'step', step: 'allocated', duration_ms: 1 },
    ],
  ],
  findPack: ['p'],
  listEvents: ['s', 0],
  hasEvents: ['s', 0],
  listDurations: ['allocated', 51],
  readAccess: {
    args: [
      [
        { slug: 'abcdefgh', tokenHash: Buffer.alloc(32, 1) },
        { slug: 'bcdefghi', tokenHash: Buffer.alloc(32, 2) },
      ],
    ],
    rows: [[{ kind: 'epoch', name: '"e"' }]],
  },
  readAccessEpoch: [],
  replaceAccesses: [
    [
      {
        token_hash: Buffer.alloc(32),
        session_id: 's',
        client: '192.0.2.7:50000',
        is_multiplexed: false,
        seen_at: 't',
      },
    ],
  ],
}
