import { ApiError } from '@medforge/client'
import type { Me } from '@medforge/contracts'
import { forbidden, redirect } from 'next/navigation'
import { cache } from 'react'
import type { Attempt } from '../../lib/api/attempt.ts'
import { explain, type Failure } from '../../lib/api/failure.ts'
import { hasLoginCookie, serverClient } from '../../lib/api/server.ts'
import { loginAddress } from '../../lib/login-address.ts'

export type Viewer =
  | { kind: 'signed-in'; me: Me }
  /** `hasStaleCookie`: the request had a log-in cookie that the API does not accept. */
  | { kind: 'anonymous'; hasStaleCookie: boolean }
  /** The API could not be asked. */
  | { kind: 'unknown'; failure: Failure }

/** At most one call of the API a request, and none without a cookie. */
export const getViewer = cache(async (): Promise<Viewer> => {
  if (!(await hasLoginCookie())) return { kind: 'anonymous', hasStaleCookie: false }
  try {
    const client = await serverClient()
    return { kind: 'signed-in', me: await client.me() }
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      return { kind: 'anonymous', hasStaleCookie: true }
    }
    return { kind: 'unknown', failure: explain(error) }
  }
})

/** The viewer of a page that is only for people who are signed in; anybody else is sent to log in, and back to `path`. */
export async function readSignedIn(path: string): Promise<Attempt<Me>> {
  const viewer = await getViewer()
  if (viewer.kind === 'anonymous') redirect(loginAddress(path))
  return viewer.kind === 'unknown'
    ? { ok: false, failure: viewer.failure }
    : { ok: true, value: viewer.me }
}

/** As `readSignedIn`, for pages of administrators: anybody else gets the page of `forbidden.tsx`, with status 403. */
export async function readAdmin(path: string): Promise<Attempt<Me>> {
  const read = await readSignedIn(path)
  if (read.ok && read.value.role !== 'admin') forbidden()
  return read
}
