import { randomBytes } from 'node:crypto'
import { type DB, toSqlTime } from '@medforge/db'
import type { Transaction } from 'kysely'

/**
 * Row of `platform_state`: another value after every transaction that may have taken somebody's way into a running session. Servers answer
 * session-proxy from memory while it is what it was when they read.
 */
const ACCESS_EPOCH = 'epoch'

/**
 * A value that the epoch never had. The last statement of every transaction that changes a login, a role, a password, whether an account is
 * disabled or the status of a session: everybody's wait for this one row, so nothing is waited for while it is held.
 */
export async function moveAccessEpoch(tx: Transaction<DB>, at: Date): Promise<void> {
  const epoch = {
    // Not a counter: after a restored backup that would come to the same number again.
    value: JSON.stringify(randomBytes(12).toString('hex')),
    updated_at: toSqlTime(at),
  }
  await tx
    .insertInto('platform_state')
    .values({ name: ACCESS_EPOCH, ...epoch })
    .onDuplicateKeyUpdate(epoch)
    .execute()
}
