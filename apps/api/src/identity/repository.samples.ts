import type { SqlSamples } from '@medforge/db'
import type * as repository from './repository.ts'

const AT = new Date(0)
const HASH = Buffer.alloc(32)
const CHANGE = { userId: 'u', requestId: 'r', at: AT }
const CLIENT = { requestId: 'r', address: '203.0.113.7', at: AT }
const USER = {
  id: 'u',
  email: 'e',
  password_hash: 'p',
  display_name: 'd',
  disabled_at: null,
  created_at: 't',
}
const LOGIN = {
  id: 'l',
  user_id: 'u',
  token_hash: HASH,
  created_at: 't',
  last_seen_at: 't',
  expires_at: 't',
  revoked_at: null,
  client: '203.0.113.7',
}

export const samples: SqlSamples<typeof repository> = {
  findLogin: [HASH],
  findSessionLimit: ['u'],
  findPasswordHash: ['u'],
  insertUserWithLogin: {
    'sign-up is open': [USER, LOGIN, null, CLIENT],
    'by invitation': [USER, LOGIN, HASH, CLIENT],
  },
  insertLogin: {
    args: [LOGIN, 'p', CLIENT],
    rows: [[{ password_hash: 'p', role: 'user' }]],
  },
  hasLoginFrom: ['u', '203.0.113.7'],
  slideLogin: ['l', AT, AT],
  listLogins: {
    'first page': ['u', { at: AT, seenAfter: AT }, { limit: 50, after: null }],
    'next page': [
      'u',
      { at: AT, seenAfter: AT },
      { limit: 50, after: { created_at: 't', id: 'l' } },
    ],
  },
  revokeLoginByToken: [HASH, AT],
  revokeOwnLogin: ['u', 'l', AT],
  revokeOtherLogins: ['u', 'l', AT],
  changePassword: {
    args: [{ ...CHANGE, ...CLIENT, loginId: 'l', tokenHash: HASH }, 'p', 'q'],
    rows: [[{ password_hash: 'p' }]],
  },
  renameUser: [CHANGE, 'd'],
  deleteExpiredLogins: [{ before: AT, at: AT }, 500],
}
