import { CreateSessionResult, Message, Session, type SessionStatus } from '@medforge/contracts'
import { expectData } from './expectations.ts'
import { type Answer, type Ask, ask } from './https.ts'
import { eventually, type Installation } from './installation.ts'
import type { Person } from './person.ts'

/** Launch a session and wait until it runs. */
export async function launch(person: Person, json: { pack_id?: string } = {}): Promise<Session> {
  return expectData(await person.api('POST', '/sessions', { json }), 201, CreateSessionResult)
    .session
}

/** Stop a session and wait until nothing of it runs any more. */
export async function stop(person: Person, session: Session): Promise<Session> {
  expectData(await person.api('POST', `/sessions/${session.id}/stop`), 202, Message)
  return becomes(person, session.id, 'stopped')
}

export function becomes(person: Person, id: string, status: SessionStatus): Promise<Session> {
  let last: SessionStatus | undefined
  return eventually(
    async () => {
      const session = expectData(await person.api('GET', `/sessions/${id}`), 200, Session)
      last = session.status
      return session.status === status ? session : undefined
    },
    `the session is ${status}`,
    { timeoutMs: 60_000 },
  ).catch((error: Error) => {
    throw new Error(`${error.message} It was ${last}.`, { cause: error })
  })
}

/** Ask a session's host for a page, with the cookie of this person or without one. */
export function visit(
  installation: Installation,
  slug: string,
  person: Person | undefined,
  path = '/',
  more: Partial<Ask> = {},
): Promise<Answer> {
  const cookie: Record<string, string> = person ? { cookie: person.cookie } : {}
  return ask({
    host: installation.sessionHost(slug),
    path,
    ...more,
    headers: { ...cookie, ...more.headers },
  })
}
