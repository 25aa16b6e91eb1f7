import { PASSWORD, signUp } from '../support/person.ts'
import { launch } from '../support/sessions.ts'
import { addLogin, expect, expectGoodLooks, test } from './fixtures.ts'

test('the sessions page launches, shows, stops and logs out', async ({ page, installation }) => {
  const person = await signUp(installation, 'control')
  await page.goto('/auth/login?next=/sessions')
  await page.waitForURL(/\/login\?next=%2Fsessions$/)
  await page.getByTestId('login-form').getByTestId('login-email').fill(person.email)
  await page.getByTestId('login-password').fill(PASSWORD)
  await page.getByTestId('login-submit').click()
  await page.waitForURL('**/sessions')
  await expect(page.getByTestId('session-whoami')).toHaveText(person.email)
  await expect(page.getByTestId('session-status')).toHaveText('none')

  await page.getByTestId('session-create').click()
  await expect(page.getByTestId('session-status')).toHaveText('running', { timeout: 60_000 })
  await expect(page.getByTestId('session-current').getByTestId('session-slug')).toHaveText(
    /^[a-z2-7]{8}$/,
  )
  await expectGoodLooks(page, 'sessions')
  await page.getByTestId('session-stop').click()
  await expect(page.getByText('Session stop requested.')).toBeVisible()
  await expect(page.getByTestId('session-status')).toHaveText('stopped', { timeout: 60_000 })

  await page.getByTestId('session-logout').click()
  await expect(page.getByText('Signed out.')).toBeVisible()
})

test('a session’s page has its events and, after the stop, its snapshot', async ({
  page,
  context,
  installation,
}) => {
  const person = await signUp(installation, 'detail')
  const session = await launch(person)
  await addLogin(context, person, installation)
  await page.goto(`/sessions/${session.id}`)
  await expect(page.getByRole('heading', { name: session.slug })).toBeVisible()
  await expect(page.getByText('IDE answers.')).toBeVisible()
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await expect(page.getByRole('alertdialog')).toContainText('starts with an empty workspace')
  await page.getByRole('button', { name: 'Stop session' }).click()
  await expect(page.getByText(/Session stopped/)).toBeVisible({ timeout: 60_000 })
  await expect(page.getByText('Snapshot taken.')).toBeVisible()
  await expect(
    page.getByRole('button', { name: 'Copy name of the snapshot', exact: true }),
  ).toBeVisible()
  await expectGoodLooks(page, 'session')
})

test('a session that is somebody else’s, or none, is not shown', async ({
  page,
  context,
  installation,
  complaints,
}) => {
  const owner = await signUp(installation, 'owner')
  const session = await launch(owner)
  try {
    await addLogin(context, await signUp(installation, 'other'), installation)
    await page.goto(`/sessions/${session.id}`)
    await expect(page.getByText('This is not your session')).toBeVisible()
    const answer = await page.goto('/sessions/00000000-0000-4000-8000-000000000000')
    expect(answer?.status()).toBe(404)
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([])
    complaints.length = 0
  } finally {
    await owner.api('POST', `/sessions/${session.id}/stop`)
  }
})

test('a sign-up that is refused marks the field, and has the focus there', async ({
  page,
  complaints,
}) => {
  await page.goto('/signup')
  await page.getByTestId('signup-email').fill('no address')
  await page.getByTestId('signup-password').fill(PASSWORD)
  await page.getByTestId('signup-submit').click()
  await expect(page.getByTestId('signup-error')).toContainText('Correct what is marked below')
  await expect(page.getByTestId('signup-email')).toBeFocused()
  await expect(page.getByText(/^This .*address\.$/)).toBeVisible()
  expect(complaints.filter((text) => !text.includes('422'))).toEqual([])
  complaints.length = 0
})
