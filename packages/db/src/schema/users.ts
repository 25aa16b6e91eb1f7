import type { UserRole } from '@medforge/contracts'
import type { Generated } from 'kysely'
import type { SqlTime } from '../time.ts'

export type UsersTable = {
  id: string
  /** Canonical: NFC, trimmed, lower-cased. Unique by bytes. */
  email: string
  password_hash: string
  display_name: string
  /** With `display_name_folded`: what `displayNameKeys` makes of the name, each unique, so that no two people look the same. */
  display_name_skeleton: Buffer
  display_name_folded: Buffer
  role: Generated<UserRole>
  /** When this person last ceased to be an administrator. */
  demoted_at: SqlTime | null
  max_concurrent_sessions: Generated<number>
  /** The operator's word about this person, in place of what the installation gives everybody; null: no such word. */
  cpu_limit: number | null
  memory_limit_bytes: number | null
  shm_limit_bytes: number | null
  storage_limit_bytes: number | null
  disabled_at: SqlTime | null
  created_at: SqlTime
}

export type AuthSessionsTable = {
  id: string
  user_id: string
  /** HMAC-SHA256(SESSION_SECRET, token). The token itself is stored nowhere. */
  token_hash: Buffer
  /** When a new password gave this login another token; what was opened with the one before has ended. */
  token_replaced_at: SqlTime | null
  /** Whose attempts the rate limit would count with those of whoever made it: an IPv4 address, or an IPv6 block of 64 bits. */
  client: string | null
  created_at: SqlTime
  /** Slides at most once a minute. */
  last_seen_at: SqlTime
  /** created_at + max TTL: nothing extends it. */
  expires_at: SqlTime
  revoked_at: SqlTime | null
}

export type AccessTokensTable = {
  id: string
  user_id: string
  /** In words of its owner. */
  name: string
  /** HMAC-SHA256(SESSION_SECRET, token). The token itself is stored nowhere. */
  token_hash: Buffer
  created_at: SqlTime
  expires_at: SqlTime
  /** Moves at most once a minute. */
  last_used_at: Generated<SqlTime | null>
  revoked_at: Generated<SqlTime | null>
}

export type InvitationsTable = {
  id: string
  /** HMAC-SHA256(SESSION_SECRET, code). The code itself is stored nowhere. */
  code_hash: Buffer
  note: string | null
  max_uses: number
  /** Counted in the transaction of the sign-up; never above `max_uses`. */
  uses: Generated<number>
  /** Null: the operator, from the command line. */
  created_by: string | null
  created_at: SqlTime
  expires_at: SqlTime | null
  revoked_at: SqlTime | null
}
