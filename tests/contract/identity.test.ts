import { HOST_BOUND_COOKIE, Me, Message, Principal, SESSION_COOKIE } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { expectData, expectProblem } from '../support/expectations.ts'
import { readInstallation } from '../support/installation.ts'
import { callApi, logIn, PASSWORD, readCookie, signUp, uniqueEmail } from '../support/person.ts'

const installation = readInstallation()
const call = callApi.bind(null, installation)

describe('POST /auth/signup', () => {
  test('makes an account and signs it in with a cookie that no script and no other site can use', async () => {
    const email = uniqueEmail('New.Person')
    const answer = await call('POST', '/auth/signup', {
      json: { email: `  ${email.toUpperCase()} `, password: PASSWORD, unknown: 'ignored' },
    })
    const principal = expectData(answer, 201, Principal)
    expect(principal).toMatchObject({ email: email.toLowerCase(), role: 'user' })
    expect(principal.display_name).not.toContain('new.person')
    const [cookie = '', hostBound = '', ...others] = answer.headers['set-cookie'] ?? []
    expect(others).toEqual([])
    expect(hostBound).toMatch(new RegExp(`^${HOST_BOUND_COOKIE}=[A-Za-z0-9_-]{43}; Path=/; `))
    expect(hostBound).not.toMatch(/domain=/i)
    const [pair = '', ...attributes] = cookie.split('; ')
    expect(pair).toMatch(new RegExp(`^${SESSION_COOKIE}=[A-Za-z0-9_-]{64}$`))
    expect(attributes.map((text) => text.toLowerCase())).toEqual(
      expect.arrayContaining([
        'httponly',
        'secure',
        'samesite=lax',
        'path=/',
        expect.stringMatching(new RegExp(`^domain=\\.?medforge\\.${installation.domain}$`)),
        expect.stringMatching(/^max-age=\d+$/),
      ]),
    )
  })

  test('refuses an e-mail that has an account', async () => {
    const { email } = await signUp(installation)
    const json = { email, password: PASSWORD }
    expectProblem(
      await call('POST', '/auth/signup', { json }),
      'email_taken',
      '/api/v1/auth/signup',
    )
  })

  test('lists every fault of a request at once', async () => {
    const answer = await call('POST', '/auth/signup', { json: { email: 7 } })
    const { errors = [] } = expectProblem(answer, 'request_validation_failed')
    expect(errors.map(({ loc }) => loc.join('.')).sort()).toEqual(['body.email', 'body.password'])
  })

  test.each([
    { note: 'seven characters', password: '1234567' },
    { note: '129 characters', password: 'x'.repeat(129) },
  ])('refuses a password of $note', async ({ password }) => {
    const json = { email: uniqueEmail(), password }
    expectProblem(await call('POST', '/auth/signup', { json }), 'request_validation_failed')
  })

  test.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `https://medforge.${installation.domain}.evil.example` },
    { origin: `https://s-abcdefgh.medforge.${installation.domain}` },
    { 'sec-fetch-site': 'cross-site' },
  ])('refuses a browser that comes from elsewhere: %o', async (headers) => {
    const json = { email: uniqueEmail(), password: PASSWORD }
    const problem = expectProblem(
      await call('POST', '/auth/signup', { json, headers }),
      'origin_not_allowed',
    )
    expect(problem.detail).toBe('Request origin is not allowed.')
  })

  test.each([
    `https://medforge.${installation.domain}`,
    `http://medforge.${installation.domain}:3000`,
    `https://api.medforge.${installation.domain}`,
    `https://s-origintest.medforge.${installation.domain}`,
  ])('accepts the platform’s own pages: %s', async (origin) => {
    const json = { email: uniqueEmail(), password: PASSWORD }
    expectData(await call('POST', '/auth/signup', { json, headers: { origin } }), 201, Principal)
  })
})

describe('POST /auth/login', () => {
  test('signs in on a second device without signing out the first', async () => {
    const first = await signUp(installation)
    const second = await logIn(installation, first.email.toUpperCase(), PASSWORD)
    expect(second.cookie).not.toBe(first.cookie)
    for (const device of [first, second]) expectData(await device.api('GET', '/me'), 200, Me)
  })

  test('says the same to a wrong password and to an unknown e-mail', async () => {
    const { email } = await signUp(installation)
    const wrong = [
      { email, password: 'not the password' },
      { email: uniqueEmail(), password: PASSWORD },
    ]
    for (const json of wrong) {
      const problem = expectProblem(
        await call('POST', '/auth/login', { json }),
        'invalid_credentials',
      )
      expect(problem.detail).toBe('Invalid email or password.')
    }
  })
})

describe('POST /auth/logout', () => {
  test('ends this login at once and no other', async () => {
    const gone = await signUp(installation)
    const stays = await logIn(installation, gone.email, PASSWORD)
    const answer = await gone.api('POST', '/auth/logout')
    expect(expectData(answer, 200, Message)).toEqual({ message: 'Signed out.' })
    expect(readCookie(answer, SESSION_COOKIE)).toBe('')
    expect(readCookie(answer, HOST_BOUND_COOKIE)).toBe('')
    expectProblem(await gone.api('GET', '/me'), 'authentication_required')
    expectData(await stays.api('GET', '/me'), 200, Me)
  })

  test('is a success without a cookie too', async () => {
    expectData(await call('POST', '/auth/logout'), 200, Message)
  })
})

describe('GET /me', () => {
  test('tells who is signed in and how many sessions are theirs', async () => {
    const person = await signUp(installation)
    expect(expectData(await person.api('GET', '/me'), 200, Me)).toMatchObject({
      user_id: person.user_id,
      email: person.email,
      active_sessions: 0,
      max_concurrent_sessions: 1,
    })
  })

  test('believes no header and no made-up cookie', async () => {
    const { user_id } = await signUp(installation)
    const claims: Record<string, string>[] = [
      {},
      { 'x-user-id': user_id, 'x-forwarded-user': user_id },
      { cookie: `${SESSION_COOKIE}=${'A'.repeat(64)}` },
    ]
    for (const headers of claims) {
      const problem = expectProblem(
        await call('GET', '/me', { headers }),
        'authentication_required',
      )
      expect(problem.detail).toBe('Authentication required.')
    }
  })

  test('refuses two different cookies instead of choosing one, and lets the browser drop both', async () => {
    const [one, two] = [await signUp(installation), await signUp(installation)]
    const answer = await call('GET', '/me', {
      headers: { cookie: `${one.cookie}; ${two.cookie}` },
    })
    expectProblem(answer, 'authentication_required')
    expect(answer.headers['clear-site-data']).toBe('"cookies"')
  })

  test('takes a browser’s login only with its own host-bound cookie, and a program’s without', async () => {
    const [person, other] = [await signUp(installation), await signUp(installation)]
    const ask = (...cookies: string[]) =>
      call('GET', '/me', { headers: { cookie: cookies.join('; '), 'sec-fetch-site': 'same-site' } })
    expectData(await ask(person.cookie, person.hostBound), 200, Me)
    for (const cookies of [[person.cookie], [person.cookie, other.hostBound]]) {
      const answer = await ask(...cookies)
      expectProblem(answer, 'authentication_required')
      expect(answer.headers['clear-site-data']).toBe('"cookies"')
    }
    expectData(await person.api('GET', '/me'), 200, Me)
  })
})
