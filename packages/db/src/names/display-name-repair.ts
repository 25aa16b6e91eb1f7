import { type Kysely, sql } from 'kysely'
import { recordAudit } from '../audit.ts'
import type { DB } from '../schema/index.ts'
import { inTransaction } from '../transaction.ts'
import { displayNameKeys, isDisplayNameTaken } from './display-name-keys.ts'
import { numberedNames } from './numbered-names.ts'

type Named = { id: string; display_name: string }

const ROWS_AT_ONCE = 500

/**
 * Give each person's row the keys of its name where it has others: an earlier version wrote names without keys, or made other ones.
 *
 * @returns how many people got a number behind their name, because somebody else has it
 */
export async function repairDisplayNames(db: Kysely<DB>, at: Date): Promise<number> {
  const misfits = await listMisfits(db)
  // What is no name's any more keeps nobody else from theirs.
  for (const { id, display_name } of misfits) {
    const key = sql<Buffer>`UNHEX(SHA2(id, 256))`
    await db
      .updateTable('users')
      .set({ display_name_skeleton: key, display_name_folded: key })
      .where('id', '=', id)
      .where('display_name', '=', display_name)
      .execute()
  }
  let renamed = 0
  for (const row of misfits) if (await fitDisplayName(db, row, at)) renamed += 1
  return renamed
}

/**
 * Write the keys of a person's name, unless they have chosen another meanwhile. Where somebody has it, a number goes behind it.
 *
 * @returns whether it did
 */
export async function fitDisplayName(
  db: Kysely<DB>,
  { id, display_name: from }: Named,
  at: Date,
): Promise<boolean> {
  for (const to of numberedNames(from)) {
    try {
      return await inTransaction(db, async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('users')
          .set({ display_name: to, ...displayNameKeys(to) })
          .where('id', '=', id)
          .where('display_name', '=', from)
          .executeTakeFirst()
        if (numUpdatedRows === 0n || to === from) return false
        const detail = { by: 'platform', from, to }
        const entry = { actorUserId: null, action: 'user.rename', subject: id, detail, at }
        await recordAudit(tx, entry)
        return true
      })
    } catch (error) {
      if (!isDisplayNameTaken(error)) throw error
    }
  }
  return false
}

/** The oldest account first. */
async function listMisfits(db: Kysely<DB>): Promise<Named[]> {
  const misfits: (Named & { created_at: string })[] = []
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('users')
      .select(['id', 'display_name', 'created_at'])
      .select(['display_name_skeleton', 'display_name_folded'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(ROWS_AT_ONCE)
      .execute()
    for (const row of rows) {
      const keys = displayNameKeys(row.display_name)
      const fits =
        keys.display_name_skeleton.equals(row.display_name_skeleton) &&
        keys.display_name_folded.equals(row.display_name_folded)
      if (!fits) misfits.push(row)
    }
    const last = rows.at(-1)
    if (!last || rows.length < ROWS_AT_ONCE) break
    after = last.id
  }
  return misfits.toSorted((a, b) => (a.created_at < b.created_at ? -1 : 1))
}
