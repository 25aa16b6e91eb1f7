import { randomUUID } from 'node:crypto'
import { Login, NewInvitation, SubmissionAccepted } from '@medforge/contracts'
import { Type } from 'typebox'
import { beforeAll, describe, expect, test } from 'vitest'
import { becomeAdmin } from '../support/admin.ts'
import { expectData } from '../support/expectations.ts'
import { type Answer, ask } from '../support/https.ts'
import { readInstallation } from '../support/installation.ts'
import { type Document, expectDocumented, mediaTypeOf } from '../support/openapi.ts'
import { logIn, PASSWORD, type Person, signUp } from '../support/person.ts'
import { launch, stop } from '../support/sessions.ts'
import { readSample, upload } from '../support/submissions.ts'
import { CACHES, type Case, contentOf, MATRIX, ROLES, type Role } from './matrix.ts'

const installation = readInstallation()
const document = (
  await ask({ host: installation.apiHost, path: '/openapi.json' })
).json() as Document
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    operation,
  })),
)

let people: Record<Role, Person | undefined>
let owner: Person
let admin: Person
let sample: string
let params: Record<string, string>

beforeAll(async () => {
  sample = await readSample(installation)
  admin = await becomeAdmin(installation)
  owner = await signUp(installation, 'owner')
  const session = await stop(owner, await launch(owner))
  const { submission } = expectData(await upload(owner, sample), 201, SubmissionAccepted)
  people = { anonymous: undefined, owner, other: await signUp(installation, 'other'), admin }
  params = {
    id: session.id,
    submission_id: submission.id,
    user_id: owner.user_id,
    gpu_id: '6',
    token_id: randomUUID(),
  }
}, 120_000)

test('every operation has an expectation, and every expectation an operation', () => {
  expect(operations.map(({ name }) => name).toSorted()).toEqual(Object.keys(MATRIX).toSorted())
})

describe.each(operations)('$name', ({ name, method, path, operation }) => {
  // An operation without an expectation has none that any answer meets.
  const how: Case = MATRIX[name] ?? { answers: [0, 0, 0, 0] }
  const rows = ROLES.map((role, index) => ({ role, status: how.answers[index] ?? 0 }))

  test.each(rows)('answers $status to $role, as documented', async ({ role, status }) => {
    const person = how.needs === 'own login' ? await throwaway(role) : people[role]
    const filled = await fill(path, how)
    const answer = await ask({
      host: installation.apiHost,
      method,
      path: filled,
      ...contentOf(how, person, sample),
    })
    expect(answer.status, answer.text.slice(0, 500)).toBe(status)
    expectDocumented(operation, `${method} ${filled}`, {
      status,
      mediaType: mediaTypeOf(answer.headers['content-type']),
      body: answer.text,
    })
    expectCommonFacts(name, answer)
  })
})

/** Somebody of this role whose logins may end. */
async function throwaway(role: Role): Promise<Person | undefined> {
  if (role === 'anonymous') return undefined
  const person = await signUp(installation, 'brief')
  if (role === 'admin') {
    const json = { role: 'admin' }
    expect((await admin.api('PATCH', `/admin/users/${person.user_id}`, { json })).status).toBe(200)
  }
  return person
}

/** The path with ids of things that are there. */
async function fill(path: string, { needs }: Case): Promise<string> {
  const slug = path.includes('/datasets/') ? 'titanic-kaggle' : 'titanic-survival'
  const values: Record<string, string> = { ...params, slug }
  if (needs === 'login of the owner') {
    const { cookie } = await logIn(installation, owner.email, PASSWORD)
    const logins = await owner.api('GET', '/auth/logins', { headers: { cookie } })
    const own = expectData(logins, 200, Type.Array(Login)).find(({ is_current }) => is_current)
    values.login_id = own?.id ?? ''
  }
  if (needs === 'no competition') values.slug = 'no-competition'
  if (needs === 'invitation') {
    const made = await admin.api('POST', '/admin/invitations', { json: {} })
    values.invitation_id = expectData(made, 201, NewInvitation).invitation.id
  }
  return path.replace(/\{(\w+)\}/g, (_, parameter: string) => values[parameter] ?? '')
}

function expectCommonFacts(name: string, answer: Answer): void {
  const requestId = answer.headers['x-request-id']
  expect(requestId).toMatch(/^[0-9a-f-]{36}$/)
  const mediaType = mediaTypeOf(answer.headers['content-type'])
  const isProblem = mediaType === 'application/problem+json'
  const isFine = answer.status < 400
  expect(isProblem).toBe(!isFine)
  if (mediaType.endsWith('json') && name !== 'GET /openapi.json') {
    const body = answer.json() as { request_id?: string; meta?: { request_id: string } }
    expect(isFine ? body.meta?.request_id : body.request_id).toBe(requestId)
  }
  const cache = (isFine && CACHES[name]) || /^no-store$/
  expect(answer.headers['cache-control']).toMatch(cache)
  expect(answer.headers['x-content-type-options']).toBe('nosniff')
  expect(answer.text).not.toMatch(/\bat .*\.(ts|js):\d|node_modules|\/srv\/|\/var\/lib/)
}
