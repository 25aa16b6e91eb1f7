import { PASSWORD, signUp } from '../support/person.ts'
import { addLogin, expect, expectGoodLooks, test } from './fixtures.ts'

const PUBLIC_PAGES = {
  landing: '/',
  'sign-up': '/signup',
  'log-in': '/login',
  competitions: '/competitions',
  competition: '/competitions/titanic-survival',
  data: '/competitions/titanic-survival/data',
  submit: '/competitions/titanic-survival/submit',
  'my-submissions': '/competitions/titanic-survival/submissions',
  'leaderboard-page': '/competitions/titanic-survival/leaderboard',
  rules: '/competitions/titanic-survival/rules',
  datasets: '/datasets',
} as const

for (const [name, path] of Object.entries(PUBLIC_PAGES)) {
  test(`${name} is accessible and fits, on a desktop and a phone, light and dark`, async ({
    page,
  }) => {
    const answer = await page.goto(path)
    expect(answer?.status()).toBe(200)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await expectGoodLooks(page, name)
  })
}

test('the dashboard is accessible and fits, on a desktop and a phone, light and dark', async ({
  page,
  context,
  installation,
}) => {
  const person = await signUp(installation)
  await addLogin(context, person, installation)
  await page.goto('/dashboard')
  await expect(page.getByRole('button', { name: 'Launch' })).toBeVisible()
  await expectGoodLooks(page, 'dashboard')
})

test('a wrong password is explained beside the form', async ({ page, complaints }) => {
  await page.goto('/login')
  await page.getByLabel('Email', { exact: true }).fill('nobody@medforge.test')
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Log in' }).click()
  await expect(
    page.getByRole('alert').filter({ hasText: 'Invalid email or password.' }),
  ).toBeVisible()
  // The browser itself reports the refused request; nothing else may be there.
  expect(complaints.filter((text) => !text.includes('401'))).toEqual([])
  complaints.length = 0
})

test('a visitor who opens the dashboard is sent to the log-in and then back', async ({
  page,
  installation,
}) => {
  const person = await signUp(installation)
  await page.goto('/dashboard')
  await page.waitForURL(/\/login(\?|$)/)
  await page.getByLabel('Email', { exact: true }).fill(person.email)
  await page.getByLabel('Password', { exact: true }).fill(person.password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.waitForURL('**/dashboard')
  await expect(page.getByRole('button', { name: 'Launch' })).toBeVisible()
})
