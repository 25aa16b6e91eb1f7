import type { DB } from '@medforge/db'
import { newUser, type Visitor } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import type { TestApp } from '../app.ts'

/** Somebody who is signed in. */
export async function signIn(
  api: TestApp,
  db: Kysely<DB>,
  overrides: Parameters<typeof newUser>[1] = {},
): Promise<{ visitor: Visitor; userId: string; email: string }> {
  const { id, email } = await newUser(db, overrides)
  const visitor = api.visitor()
  await visitor.logIn(email)
  return { visitor, userId: id, email }
}

/** Without log-ins, with which nearly every test begins; tests of those read the table. */
export async function readAudit(db: Kysely<DB>) {
  const rows = await db
    .selectFrom('audit_events')
    .selectAll()
    .where('action', 'not like', 'user.login%')
    .orderBy('id')
    .execute()
  return rows.map(({ actor_user_id, action, subject, detail }) => ({
    actor_user_id,
    action,
    subject,
    detail,
  }))
}
