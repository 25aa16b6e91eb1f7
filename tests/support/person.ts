import { randomBytes } from 'node:crypto'
import { HOST_BOUND_COOKIE, type Principal, SESSION_COOKIE } from '@medforge/contracts'
import { type Answer, type Ask, ask } from './https.ts'
import type { Installation } from './installation.ts'

export const PASSWORD = 'correct horse battery staple'

/** What a test may change about a call of the API. */
export type Call = Omit<Ask, 'host' | 'path' | 'method'> & { json?: unknown }

/** Somebody with an account, signed in. */
export type Person = Principal & {
  password: string
  /** The header that a program of this person sends: the login alone. */
  cookie: string
  /** What a browser sends to the API's host beside it. */
  hostBound: string
  /** Call the API as this person; `path` is written without the prefix. */
  api: (method: string, path: string, call?: Call) => Promise<Answer>
}

/** Call the API as nobody in particular. */
export function callApi(
  installation: Installation,
  method: string,
  path: string,
  { json, headers, ...rest }: Call = {},
): Promise<Answer> {
  const target = { host: installation.apiHost, path: `/api/v1${path}`, method, ...rest }
  if (json === undefined) return ask({ ...target, headers: { ...headers } })
  return ask({
    ...target,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(json),
  })
}

export function uniqueEmail(name = 'person'): string {
  return `${name}-${randomBytes(6).toString('hex')}@medforge.test`
}

/** Make an account and sign in with it. */
export async function signUp(
  installation: Installation,
  name = 'person',
  more: { display_name?: string } = {},
): Promise<Person> {
  const email = uniqueEmail(name)
  const answer = await callApi(installation, 'POST', '/auth/signup', {
    json: { email, password: PASSWORD, ...more },
  })
  return toPerson(installation, answer, PASSWORD)
}

export async function logIn(
  installation: Installation,
  email: string,
  password: string,
): Promise<Person> {
  const answer = await callApi(installation, 'POST', '/auth/login', { json: { email, password } })
  return toPerson(installation, answer, password)
}

function toPerson(installation: Installation, answer: Answer, password: string): Person {
  if (answer.status > 201) throw new Error(`Nobody was signed in: ${answer.text}`)
  const { data } = answer.json() as { data: Principal }
  const [cookie, hostBound] = [SESSION_COOKIE, HOST_BOUND_COOKIE].map(
    (name) => `${name}=${readCookie(answer, name)}`,
  ) as [string, string]
  return {
    ...data,
    password,
    cookie,
    hostBound,
    api: (method, path, call = {}) =>
      callApi(installation, method, path, { ...call, headers: { cookie, ...call.headers } }),
  }
}

/** The value of a cookie that an answer sets, or undefined. */
export function readCookie(answer: Answer, name: string): string | undefined {
  const line = answer.headers['set-cookie']?.find((text) => text.startsWith(`${name}=`))
  return line?.slice(name.length + 1).split(';')[0]
}
