import type { Ask } from '../support/https.ts'
import type { Person } from '../support/person.ts'
import { multipart } from '../support/submissions.ts'

export const ROLES = ['anonymous', 'owner', 'other', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** What one operation answers to each role, in the order of `ROLES`, and how it is asked. */
export type Case = {
  answers: readonly [number, number, number, number]
  /** JSON, or `upload` for a valid prediction file. */
  body?: unknown
  /** What the operation takes away, so that it is made anew for every role; `no competition`: it is asked of one that there is not. */
  needs?: 'own login' | 'login of the owner' | 'invitation' | 'no competition'
}

const everybody = (status = 200): Case => ({ answers: [status, status, status, status] })
const signedIn = (status = 200, body?: unknown): Case => ({
  answers: [401, status, status, status],
  ...(body === undefined ? {} : { body }),
})
/** The owner and administrators. */
const owners = (status = 200): Case => ({ answers: [401, status, 403, status] })
const admins = (status = 200, body?: unknown): Case => ({
  answers: [401, 403, 403, status],
  ...(body === undefined ? {} : { body }),
})

/**
 * Every operation of the API. One that is new and not here fails the test: say who may do it.
 * A body is chosen so that nothing is launched and nobody is locked out.
 */
export const MATRIX: Record<string, Case> = {
  'GET /healthz': everybody(),
  'GET /openapi.json': everybody(),
  'GET /docs': everybody(),
  'GET /api/v1/status': everybody(),

  'POST /api/v1/auth/signup': {
    ...everybody(422),
    body: { email: 'no address', password: 'short' },
  },
  'POST /api/v1/auth/login': {
    ...everybody(401),
    body: { email: 'nobody@medforge.test', password: 'wrong password' },
  },
  'POST /api/v1/auth/logout': { ...everybody(), needs: 'own login' },
  'GET /api/v1/me': signedIn(),
  'PATCH /api/v1/me': signedIn(422, {}),
  'POST /api/v1/auth/password': signedIn(422, { current_password: 'x', new_password: 'short' }),
  'GET /api/v1/auth/logins': signedIn(),
  'DELETE /api/v1/auth/logins/{login_id}': {
    answers: [401, 200, 404, 404],
    needs: 'login of the owner',
  },
  'POST /api/v1/auth/logins/end-others': { ...signedIn(), needs: 'own login' },
  'GET /api/v1/auth/tokens': signedIn(),
  'POST /api/v1/auth/tokens': signedIn(422, { name: '' }),
  'DELETE /api/v1/auth/tokens/{token_id}': signedIn(404),
  // The host is the API's, which is no session's.
  'GET /api/v1/auth/session-proxy': signedIn(404),

  'POST /api/v1/sessions': signedIn(501, { tier: 'private' }),
  'GET /api/v1/sessions': signedIn(),
  'GET /api/v1/sessions/current': signedIn(),
  'GET /api/v1/sessions/{id}': owners(),
  'POST /api/v1/sessions/{id}/stop': owners(202),
  'GET /api/v1/sessions/{id}/events': owners(),

  'GET /api/v1/competitions': everybody(),
  'GET /api/v1/competitions/{slug}': everybody(),
  'GET /api/v1/competitions/{slug}/sample-submission': everybody(),
  'GET /api/v1/competitions/{slug}/leaderboard': everybody(),
  'GET /api/v1/competitions/{slug}/leaderboard/me': signedIn(),
  'GET /api/v1/competitions/{slug}/leaderboard/series': everybody(),
  'GET /api/v1/competitions/{slug}/submissions/me': signedIn(),
  'GET /api/v1/competitions/{slug}/submissions/allowance': signedIn(),
  'POST /api/v1/competitions/{slug}/submissions': signedIn(201, 'upload'),
  'PATCH /api/v1/competitions/{slug}/submissions/{submission_id}': {
    answers: [401, 200, 404, 404],
    body: { note: 'A test.' },
  },
  'GET /api/v1/competitions/{slug}/submissions/{submission_id}/file': {
    answers: [401, 200, 404, 200],
  },
  'POST /api/v1/competitions/{slug}/submissions/validate': signedIn(200, 'upload'),
  'GET /api/v1/datasets': everybody(),
  'GET /api/v1/datasets/{slug}': everybody(),

  'GET /api/v1/admin/submissions': admins(),
  'POST /api/v1/admin/submissions/{submission_id}/score': admins(),
  'POST /api/v1/admin/submissions/{submission_id}/exclude': admins(200, { reason: 'A test.' }),
  'POST /api/v1/admin/submissions/{submission_id}/restore': admins(),
  'GET /api/v1/admin/competitions/{slug}/probing': admins(),
  'GET /api/v1/admin/competitions/{slug}/rescore': admins(),
  'POST /api/v1/admin/competitions/{slug}/rescore': { ...admins(404), needs: 'no competition' },
  'POST /api/v1/admin/competitions/{slug}/rescore/switch': {
    ...admins(404, {}),
    needs: 'no competition',
  },
  'DELETE /api/v1/admin/competitions/{slug}/rescore': { ...admins(404), needs: 'no competition' },
  'POST /api/v1/admin/invitations': admins(201, {}),
  'GET /api/v1/admin/invitations': admins(),
  'DELETE /api/v1/admin/invitations/{invitation_id}': { ...admins(), needs: 'invitation' },
  'GET /api/v1/admin/overview': admins(),
  'GET /api/v1/admin/versions': admins(),
  'GET /api/v1/admin/users': admins(),
  'PATCH /api/v1/admin/users/{user_id}': admins(200, { is_disabled: false }),
  'GET /api/v1/admin/sessions': admins(),
  'GET /api/v1/admin/gpus': admins(),
  'PATCH /api/v1/admin/gpus/{gpu_id}': admins(200, { is_enabled: true }),
  'GET /api/v1/admin/audit': admins(),
}

/** Answers that somebody may keep for a while. Everything else is kept by nobody. */
export const CACHES: Record<string, RegExp> = {
  'GET /openapi.json': /^no-cache$/,
  'GET /docs': /^no-cache$/,
  'GET /api/v1/competitions': /^no-cache$/,
  'GET /api/v1/competitions/{slug}': /^no-cache$/,
  'GET /api/v1/competitions/{slug}/sample-submission': /^public, max-age=300$/,
  'GET /api/v1/competitions/{slug}/leaderboard': /^no-cache$/,
  'GET /api/v1/competitions/{slug}/leaderboard/series': /^no-cache$/,
  'GET /api/v1/datasets': /^no-cache$/,
  'GET /api/v1/datasets/{slug}': /^no-cache$/,
}

/** Headers and body of a case, with this file where it is an upload. */
export function contentOf(
  { body }: Case,
  person: Person | undefined,
  file: string,
): Pick<Ask, 'headers' | 'body'> {
  const cookie: Record<string, string> = person ? { cookie: person.cookie } : {}
  if (body === undefined) return { headers: cookie }
  if (body === 'upload') {
    const form = multipart(file)
    return { body: form.body, headers: { ...form.headers, ...cookie } }
  }
  return {
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...cookie },
  }
}
