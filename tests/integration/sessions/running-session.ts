import { newSession } from '@medforge/test-support'
import type { Stage } from './stage.ts'

export const SLUG = 'abcdefgh'
export const HOST = `s-${SLUG}.medforge.localhost`

/** An owner with a running session under `SLUG`, and the question that the edge asks for them. */
export async function openRunningSession(stage: Stage) {
  const owner = await stage.person()
  const session = await newSession(stage.db, { user_id: owner.user.id, slug: SLUG })
  const ask = (headers: Record<string, string> = {}) =>
    owner.visitor.get('/auth/session-proxy', { host: HOST, prefer: 'return=minimal', ...headers })
  return { ...owner, session, ask }
}
