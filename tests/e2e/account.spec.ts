import { logIn, PASSWORD, signUp } from '../support/person.ts'
import { addLogin, expect, expectGoodLooks, test } from './fixtures.ts'

const NEW_PASSWORD = 'another horse, another staple'

test('the account page is accessible and fits, on a desktop and a phone, light and dark', async ({
  page,
  context,
  installation,
}) => {
  const person = await signUp(installation)
  await logIn(installation, person.email, PASSWORD)
  await addLogin(context, person, installation)
  await page.goto('/account')
  await expect(page.getByText('This browser')).toBeVisible()
  await page.getByLabel('What it is for').fill('nightly run')
  await page.getByRole('button', { name: 'Make a token' }).click()
  await expect(page.getByText(/^mf_[A-Za-z0-9_-]{43}$/)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Revoke nightly run' })).toBeVisible()
  await expectGoodLooks(page, 'account')
  await page.getByRole('button', { name: 'Revoke nightly run' }).click()
  await expect(page.getByText('nightly run')).toHaveCount(0)
})

test('a person chooses a name, changes the password and ends other logins', async ({
  page,
  context,
  installation,
  complaints,
}) => {
  const person = await signUp(installation)
  const other = await logIn(installation, person.email, PASSWORD)
  await addLogin(context, person, installation)
  await page.goto('/dashboard')
  await page.getByRole('button', { name: /Account menu/ }).click()
  await page.getByRole('menuitem', { name: 'Account' }).click()
  await page.waitForURL('**/account')

  await page.getByLabel('Name on leaderboards').fill('Ada of the Tests')
  await page.getByRole('button', { name: 'Save name' }).click()
  await expect(page.getByRole('status')).toContainText('Ada of the Tests')
  await expect(page.getByRole('button', { name: /Account menu.*Ada of the Tests/ })).toBeVisible()

  await page.getByRole('button', { name: 'End', exact: true }).click()
  await expect(page.getByRole('button', { name: 'End', exact: true })).toHaveCount(0)
  expect((await other.api('GET', '/me')).status).toBe(401)

  const again = await logIn(installation, person.email, PASSWORD)
  await page.getByLabel('Current password').fill('not the password')
  await page.getByLabel('New password').fill(NEW_PASSWORD)
  await page.getByRole('button', { name: 'Change password' }).click()
  await expect(page.getByText('The current password is not right.')).toBeVisible()
  await page.getByLabel('Current password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Change password' }).click()
  await expect(page.getByText('Password changed')).toBeVisible()
  expect((await again.api('GET', '/me')).status).toBe(401)
  await page.reload()
  await expect(page.getByText('This browser')).toBeVisible()
  expect(complaints.filter((text) => !text.includes('401'))).toEqual([])
  complaints.length = 0
})
