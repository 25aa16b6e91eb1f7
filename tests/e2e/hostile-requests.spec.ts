import { SESSION_COOKIE, type Session } from '@medforge/contracts'
import { becomeAdmin } from '../support/admin.ts'
import { readInstallation } from '../support/installation.ts'
import { type Person, signUp } from '../support/person.ts'
import { addLogin, expect, test } from './fixtures.ts'
import { launchHostile } from './hostile/session.ts'

let admin: Person
let owner: Person
let hostile: Session

test.beforeAll(async () => {
  const installation = readInstallation()
  admin = await becomeAdmin(installation)
  owner = await signUp(installation, 'handshake')
  hostile = await launchHostile(installation, owner)
})

test.afterAll(async () => {
  if (hostile) await admin.api('POST', `/sessions/${hostile.id}/stop`)
})

test('a session that accepts a websocket leaves its visitor’s login and cookies as they were', async ({
  context,
  page,
  installation,
}) => {
  const [name = '', value = ''] = admin.cookie.split('=')
  const domain = `.${installation.webHost}`
  await context.addCookies([
    { name, value, domain, path: '/', secure: true, httpOnly: true, sameSite: 'Lax' },
  ])
  expect((await page.goto(hostile.url))?.status()).toBe(200)
  const before = await context.cookies()
  expect(before).toContainEqual(expect.objectContaining({ name: SESSION_COOKIE, value, domain }))

  const socketUrl = `${new URL(hostile.url).origin.replace('https:', 'wss:')}/handshake`
  expect(await page.evaluate(`attacks.websocket(${JSON.stringify(socketUrl)})`)).toBe('open')

  // The browser does take cookies from a handshake: the session's own is there, and only that.
  const isOwn = (cookie: { name: string }) => cookie.name === 'own-of-handshake'
  await expect.poll(async () => (await context.cookies()).filter(isOwn)).toHaveLength(1)
  const after = await context.cookies()
  expect(after.find(isOwn)?.domain).toBe(new URL(hostile.url).hostname)
  expect(after.filter((cookie) => !isOwn(cookie))).toEqual(before)
})

test('a form without a referrer reaches the session from its own page, and not from a sandboxed frame', async ({
  context,
  page,
  installation,
}) => {
  await addLogin(context, owner, installation)
  const at = (path: string) => `${new URL(hostile.url).origin}${path}`
  const sent = () => page.waitForResponse((answer) => answer.url() === at('/form-sent'))

  await page.goto(at('/form'))
  await page.getByRole('button', { name: 'Send' }).click()
  await expect(page.getByText('POST with Origin null')).toBeVisible()

  await page.goto(at('/form-framed'))
  const refused = sent()
  await page.frameLocator('iframe').getByRole('button', { name: 'Send' }).click()
  expect((await refused).status()).toBe(403)
})
