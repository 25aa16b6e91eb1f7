import {
  HOST_BOUND_COOKIE,
  SESSION_COOKIE,
  type Session,
  sessionContainerName,
} from '@medforge/contracts'
import type { BrowserContext, Page } from '@playwright/test'
import { becomeAdmin } from '../support/admin.ts'
import { docker, type Installation } from '../support/installation.ts'
import { type Person, signUp } from '../support/person.ts'
import { launch, stop } from '../support/sessions.ts'
import { addLogin, expect, test } from './fixtures.ts'
import { launchHostile } from './hostile/session.ts'

let installation: Installation
let attacker: Person
let victim: Person
let admin: Person
let hostile: Session
let theirs: Session

test.beforeAll(async () => {
  const { readInstallation } = await import('../support/installation.ts')
  installation = readInstallation()
  attacker = await signUp(installation, 'attacker')
  victim = await signUp(installation, 'victim')
  admin = await becomeAdmin(installation)
  hostile = await launchHostile(installation, attacker)
  theirs = await launch(victim)
})

test.afterAll(async () => {
  for (const session of [hostile, theirs]) {
    if (session) await admin.api('POST', `/sessions/${session.id}/stop`)
  }
})

// What a browser says when it is kept from something is no fault of our pages here.
test.afterEach(({ complaints }) => {
  complaints.length = 0
})

const api = (path: string) => `https://${installation.apiHost}/api/v1${path}`
const addressOf = (session: Session) => `${new URL(session.url).origin}/`
const web = (path: string) => `https://${installation.webHost}${path}`

/** Sign this browser in, with a login of its own. */
function signIn(context: BrowserContext, person: Person): Promise<void> {
  return addLogin(context, person, installation)
}

/** Run one of the attacks in the hostile page. */
function attack<Result>(page: Page, name: string, ...args: unknown[]): Promise<Result> {
  const call = args.map((arg) => JSON.stringify(arg)).join(', ')
  return page.evaluate<Result>(`attacks.${name}(${call})`)
}

async function openHostile(context: BrowserContext): Promise<Page> {
  const page = await context.newPage()
  const answer = await page.goto(hostile.url)
  expect(answer?.status()).toBe(200)
  expect(await page.evaluate('typeof attacks.write + location.origin')).toBe(
    `function${new URL(hostile.url).origin}`,
  )
  return page
}

/** Who this browser is to the platform, asked from a page of ours. */
async function whoAmI(page: Page): Promise<{ email: string } | undefined> {
  const script = `fetch(${JSON.stringify(api('/me'))}, { credentials: 'include' }).then((answer) => answer.json())`
  const { data } = await page.evaluate<{ data?: { email: string } }>(script)
  return data
}

/** The way back that is open to somebody whose cookies were meddled with. */
async function logInAgain(ours: Page): Promise<void> {
  await ours.goto('/login')
  await ours.getByLabel('Email', { exact: true }).fill(victim.email)
  await ours.getByLabel('Password', { exact: true }).fill(victim.password)
  await ours.getByRole('button', { name: 'Log in' }).click()
  await ours.waitForURL('**/dashboard')
  expect(await whoAmI(ours)).toMatchObject({ email: victim.email })
}

test('a signed-in stranger never gets to see the hostile page', async ({ context, page }) => {
  await signIn(context, victim)
  const answer = await page.goto(hostile.url)
  expect(answer?.status()).toBe(403)
  await expect(page.getByText('This session is not yours')).toBeVisible()
  expect(await page.evaluate('typeof attacks')).toBe('undefined')
})

test.describe('against an administrator who opens it', () => {
  test.beforeEach(({ context }) => signIn(context, admin))

  test('the page finds no login in what reaches its server', async ({ context }) => {
    const page = await openHostile(context)
    const seen = await attack<string>(page, 'read', '/echo', 'same-origin')
    expect(seen).toMatch(/sec-fetch-site/i)
    expect(seen).not.toContain(SESSION_COOKIE)
    expect(seen).not.toContain(admin.cookie.split('=')[1])
    expect(await page.evaluate('document.cookie')).not.toContain(SESSION_COOKIE)
    const environment = await docker('exec', sessionContainerName(hostile.slug), 'env')
    expect(environment).not.toMatch(/SESSION_SECRET|DATABASE_URL/)
  })

  test('no write that a page can send has an effect, and the same write of our page has', async ({
    context,
    page: ours,
  }) => {
    const page = await openHostile(context)
    const answers: { method: string; status: number }[] = []
    let sent = 0
    context.on('request', (request) => {
      if (request.url() === api('/sessions') && request.method() === 'POST') sent += 1
    })
    context.on('response', (response) => {
      if (response.url() !== api('/sessions')) return
      answers.push({ method: response.request().method(), status: response.status() })
    })
    const outcomes = await attack<Record<string, unknown>>(page, 'write', api('/sessions'), '{}')
    expect(outcomes).toMatchObject({ json: 'refused by the browser', beacon: true })
    expect(JSON.stringify(outcomes)).not.toContain('read')
    for (const encoding of [
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'text/plain',
    ]) {
      await attack(page, 'post', api('/sessions'), encoding)
    }
    await expect.poll(() => sent).toBeGreaterThanOrEqual(6)
    // The browser keeps some answers to itself; the forms’ are there.
    const posts = () => answers.filter(({ method }) => method === 'POST')
    await expect.poll(() => posts().length).toBeGreaterThanOrEqual(3)
    // Their content types are refused before their origin is.
    for (const { status } of posts()) expect([403, 415]).toContain(status)
    // An upload is what a form can send as it should be: its origin is all that tells it apart.
    const upload = api('/competitions/titanic-survival/submissions')
    const refused = context.waitForEvent('response', (response) => response.url() === upload)
    await attack(page, 'post', upload, 'multipart/form-data')
    expect((await refused).status()).toBe(403)
    await attack(page, 'write', api('/auth/logout'), '{}')
    await attack(page, 'write', api(`/sessions/${theirs.id}/stop`), '{}')

    await ours.goto('/dashboard')
    expect(await whoAmI(ours)).toMatchObject({ email: admin.email, active_sessions: 0 })
    expect((await victim.api('GET', '/sessions/current')).text).toContain('"status":"running"')
    const script = `fetch(${JSON.stringify(api('/sessions'))}, { method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json' }, body: '{}' }).then((answer) => answer.json())`
    const { data } = await ours.evaluate<{ data: { session: Session } }>(script)
    await stop(admin, data.session)
  })

  test('it reads nothing of the platform, which our own page reads', async ({
    context,
    page: ours,
  }) => {
    const page = await openHostile(context)
    for (const path of ['/me', '/sessions/current', '/sessions', '/admin/users']) {
      expect(await attack(page, 'read', api(path), 'cors'), path).toBe('refused by the browser')
    }
    expect(await attack(page, 'read', web('/dashboard'), 'cors')).toBe('refused by the browser')
    await ours.goto('/')
    expect(await whoAmI(ours)).toMatchObject({ email: admin.email })
  })

  test('it reaches no other session: not by fetch, script, form, frame or websocket', async ({
    context,
  }) => {
    const page = await openHostile(context)
    const address = addressOf(theirs)
    const statuses: number[] = []
    context.on('response', (response) => {
      if (response.url().startsWith(address)) statuses.push(response.status())
    })
    expect(await attack(page, 'read', address, 'cors')).toBe('refused by the browser')
    expect(await attack(page, 'read', address, 'no-cors')).toMatch(/opaque|refused/)
    expect(await attack(page, 'script', `${address}x.js`)).toBe('refused')
    await attack(page, 'post', address, 'text/plain')
    expect(await attack(page, 'frame', address)).toBe('another origin')
    const socketUrl = address.replace('https:', 'wss:')
    expect(await attack(page, 'websocket', socketUrl)).toBe('refused')
    expect(statuses.length).toBeGreaterThanOrEqual(3)
    expect(new Set(statuses)).toEqual(new Set([403]))

    const ide = await context.newPage()
    const socket = ide.waitForEvent('websocket', { timeout: 90_000 })
    await ide.goto(theirs.url, { waitUntil: 'commit' })
    expect((await socket).url()).toContain(socketUrl)
    await expect(ide.locator('.monaco-workbench')).toBeVisible({ timeout: 60_000 })
  })

  test('it frames no page of ours, and holds no window of ours', async ({ context }) => {
    const page = await openHostile(context)
    expect(await attack(page, 'frame', web('/dashboard'))).toBe('another origin')
    const frames = page.frames().slice(1)
    expect(frames).toHaveLength(1)
    for (const frame of frames) expect(await frame.locator('main').count()).toBe(0)
    const opened = await attack<{ severed: boolean; heard: string[] }>(page, 'open', web('/'))
    expect(opened).toEqual({ severed: true, heard: [] })
  })

  test('opened by the link on the dashboard, it gets neither a handle nor a name of that window', async ({
    context,
    page: ours,
  }) => {
    await context.clearCookies()
    await signIn(context, attacker)
    await ours.goto('/dashboard')
    const opening = context.waitForEvent('page')
    await ours.getByRole('link', { name: 'Open IDE' }).click()
    const opened = await opening
    await opened.waitForFunction('typeof attacks !== "undefined"')
    expect(await attack(opened, 'handles')).toEqual({ opener: false, name: '', referrer: '' })
  })

  test('its answers set no cookie for others and clear nothing', async ({ context }) => {
    const page = await openHostile(context)
    expect(await attack(page, 'read', '/far-reaching', 'same-origin')).toBe('far-reaching')
    const cookies = await context.cookies([hostile.url, web('/'), api('/')])
    const names = cookies.map(({ name }) => name)
    expect(names.sort()).toEqual([SESSION_COOKIE, HOST_BOUND_COOKIE, 'own'].sort())
    const [own] = cookies.filter(({ name }) => name === 'own')
    expect(own?.domain).toBe(new URL(hostile.url).hostname)
  })

  test('tossed cookies make nobody act as somebody else, and signing in works again', async ({
    context,
    page: ours,
  }) => {
    await ours.goto('/')
    const page = await openHostile(context)
    const [, token = ''] = attacker.cookie.split('=')
    const domain = installation.webHost
    await attack(page, 'toss', [
      `${SESSION_COOKIE}=${token}; Domain=${domain}; Path=/; Secure`,
      `${SESSION_COOKIE}=${token}; Domain=${domain}; Path=/api; Secure`,
      `${SESSION_COOKIE}=${token}; Domain=${domain}; Path=/api/v1; Secure`,
    ])
    const tossed = (await context.cookies(api('/me'))).filter(({ value }) => value === token)
    expect(tossed.length).toBeGreaterThan(0)
    expect(await whoAmI(ours)).toBeUndefined()
    expect(await context.cookies(api('/me'))).toEqual([])
    await logInAgain(ours)
  })

  test('cookies that push the login out and the attacker’s own in its place make nobody act as the attacker', async ({
    context,
    page: ours,
  }) => {
    await ours.goto('/account')
    await expect(ours.getByText('This browser')).toBeVisible()
    const page = await openHostile(context)
    const [, token = ''] = attacker.cookie.split('=')
    const domain = installation.webHost
    const loginsOf = async () =>
      (await context.cookies(api('/me'))).filter(({ name }) => name === SESSION_COOKIE)
    await attack(
      page,
      'toss',
      Array.from({ length: 400 }, (_, index) => `f${index}=1; Domain=${domain}; Path=/; Secure`),
    )
    expect(await loginsOf()).toEqual([])
    await attack(page, 'toss', [
      `${SESSION_COOKIE}=${token}; Domain=${domain}; Path=/; Secure`,
      `${HOST_BOUND_COOKIE}=${attacker.hostBound.split('=')[1]}; Path=/; Domain=${domain}; Secure`,
      `=${attacker.hostBound}; Domain=${domain}; Path=/; Secure`,
    ])
    expect((await loginsOf()).map(({ value }) => value)).toEqual([token])

    const before = (await attacker.api('GET', '/me')).json() as { data: object }
    const rename = `fetch(${JSON.stringify(api('/me'))}, { method: 'PATCH', credentials: 'include', headers: { 'content-type': 'application/json' }, body: '{"display_name":"Led Astray"}' }).then((answer) => answer.status)`
    expect(await ours.evaluate(rename)).toBe(401)
    expect(((await attacker.api('GET', '/me')).json() as { data: object }).data).toEqual(
      before.data,
    )
    expect(await context.cookies(api('/me'))).toEqual([])

    await attack(page, 'toss', [`${SESSION_COOKIE}=${token}; Domain=${domain}; Path=/; Secure`])
    expect((await loginsOf()).map(({ value }) => value)).toEqual([token])
    expect(await whoAmI(ours)).toBeUndefined()
    expect(await context.cookies(api('/me'))).toEqual([])
    await logInAgain(ours)
  })

  test('a bomb of cookies is cleared by the page that says so', async ({ context, page: ours }) => {
    const page = await openHostile(context)
    const bomb = Array.from(
      { length: 100 },
      (_, index) => `b${index}=${'x'.repeat(3_900)}; Domain=${installation.webHost}; Secure`,
    )
    await attack(page, 'toss', bomb)
    const answer = await ours.goto('/')
    expect(answer?.status()).toBe(431)
    await expect(ours.getByText('Too many cookies')).toBeVisible()
    await ours.getByRole('link', { name: 'Sign in' }).click()
    await expect(ours.getByRole('button', { name: 'Log in' })).toBeVisible()
  })

  test('a service worker stays on its own host, below its own path, and ends with the session', async ({
    context,
    page: ours,
  }) => {
    const page = await openHostile(context)
    expect(await attack(page, 'serviceWorker', '/deep/worker.js', '/')).toBe('SecurityError')
    expect(await attack(page, 'serviceWorker', '/worker.js', '/')).toBe(addressOf(hostile))
    await page.reload()
    await expect(page).toHaveTitle('phishing')
    await ours.goto('/')
    expect(await ours.evaluate('navigator.serviceWorker.controller === null')).toBe(true)
    await expect(ours).not.toHaveTitle('phishing')

    await stop(attacker, hostile)
    await expect(async () => {
      const answer = await page.goto(hostile.url)
      expect(answer?.status()).toBe(404)
    }).toPass({ timeout: 30_000 })
    await expect(page.getByText('This session is not running')).toBeVisible()
  })
})
