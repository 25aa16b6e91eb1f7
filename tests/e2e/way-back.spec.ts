import { signUp } from '../support/person.ts'
import { launch } from '../support/sessions.ts'
import { expect, test } from './fixtures.ts'

test('whoever opens a session without a login signs in and is back on exactly that page', async ({
  page,
  context,
  installation,
}) => {
  const person = await signUp(installation, 'back')
  const session = await launch(person)
  try {
    const asked = `${new URL(session.url).origin}/?folder=/workspace&x=%2F%26`
    const refused = await page.goto(asked)
    expect(refused?.status()).toBe(401)
    await page.getByRole('link', { name: 'Sign in' }).click()
    await expect(page.getByText('you are taken back to your session')).toBeVisible()
    await page.getByLabel('Email', { exact: true }).fill(person.email)
    await page.getByLabel('Password', { exact: true }).fill(person.password)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.waitForURL(asked, { waitUntil: 'commit', timeout: 60_000 })

    // The login ends while the page is open: loading it again is the way back once more.
    await context.clearCookies()
    const reloaded = await page.goto(asked)
    expect(reloaded?.status()).toBe(401)
    const link = await page.getByRole('link', { name: 'Sign in' }).getAttribute('href')
    expect(new URL(link ?? '').searchParams.get('next')).toBe(asked)
  } finally {
    await person.api('POST', `/sessions/${session.id}/stop`)
  }
})

test('the site has an icon wherever browsers look for one', async ({ page }) => {
  for (const path of ['/favicon.ico', '/icon.svg']) {
    const answer = await page.request.get(path)
    expect(answer.status(), path).toBe(200)
    expect(answer.headers()['content-type']).toMatch(/^image\//)
  }
})
