import { becomeAdmin } from '../support/admin.ts'
import type { Installation } from '../support/installation.ts'
import { type Person, signUp } from '../support/person.ts'
import { launch } from '../support/sessions.ts'
import { readSample, upload } from '../support/submissions.ts'
import { addLogin, expect, expectGoodLooks, test } from './fixtures.ts'

const PAGES = {
  'admin-overview': '/admin',
  'admin-gpus': '/admin/gpus',
  'admin-sessions': '/admin/sessions',
  'admin-submissions': '/admin/submissions',
  'admin-competitions': '/admin/competitions',
  'admin-competition': '/admin/competitions/titanic-survival',
  'admin-users': '/admin/users',
  'admin-invitations': '/admin/invitations',
  'admin-audit': '/admin/audit',
  'admin-versions': '/admin/versions',
  'admin-runbook': '/admin/runbook',
} as const

let admin: Person | undefined

/** One for all tests: each new password ends the logins before it. */
async function signInAsAdmin(installation: Installation): Promise<Person> {
  admin ??= await becomeAdmin(installation)
  return admin
}

for (const [name, path] of Object.entries(PAGES)) {
  test(`${name} is accessible and fits, on a desktop and a phone, light and dark`, async ({
    page,
    context,
    installation,
  }) => {
    await addLogin(context, await signInAsAdmin(installation), installation)
    const answer = await page.goto(path)
    expect(answer?.status()).toBe(200)
    await expect(page.getByRole('heading', { name: 'Administration' })).toBeVisible()
    await expectGoodLooks(page, name)
  })
}

test('an administrator’s page is 403 for a person, and leads a visitor to the log-in and back', async ({
  page,
  context,
  installation,
  complaints,
}) => {
  await page.goto('/admin/users')
  await page.waitForURL('**/login?next=%2Fadmin%2Fusers')
  const person = await signUp(installation)
  await addLogin(context, person, installation)
  const answer = await page.goto('/admin/users')
  expect(answer?.status()).toBe(403)
  await expect(page.getByRole('heading', { name: 'This page is for administrators' })).toBeVisible()
  await expectGoodLooks(page, 'forbidden')
  await page.getByRole('button', { name: /Account menu/ }).click()
  await expect(page.getByRole('menuitem', { name: 'Administration' })).toHaveCount(0)
  expect(complaints.filter((text) => !text.includes('403'))).toEqual([])
  complaints.length = 0
})

test('from the menu it is found who holds a GPU, and their session is stopped', async ({
  page,
  context,
  installation,
}) => {
  const person = await signUp(installation, 'holder')
  const session = await launch(person)
  await addLogin(context, await signInAsAdmin(installation), installation)
  await page.goto('/dashboard')
  await page.getByRole('button', { name: /Account menu/ }).click()
  await page.getByRole('menuitem', { name: 'Administration' }).click()
  await page.waitForURL('**/admin')
  await page.getByRole('link', { name: 'GPUs', exact: true }).click()
  const gpu = page.getByRole('listitem').filter({ hasText: person.email })
  await expect(gpu.getByText('In use')).toBeVisible()
  await expect(gpu.getByText('Nobody has opened its IDE in a browser yet.')).toBeVisible()

  await page.getByRole('link', { name: 'Sessions', exact: true }).click()
  await page.getByRole('button', { name: `Stop ${session.slug} of ${person.email}` }).click()
  await expect(page.getByRole('alertdialog')).toContainText('a snapshot of it is taken')
  await page.getByRole('button', { name: 'Stop it' }).click()
  const row = page.getByRole('listitem').filter({ hasText: session.slug })
  await expect(row.getByText('Stopped', { exact: true })).toBeVisible({ timeout: 60_000 })
  await page.getByRole('link', { name: 'Audit log' }).click()
  await expect(
    page.getByRole('listitem').filter({ hasText: session.id }).getByText('Stopped a session'),
  ).toBeVisible()
})

test('an account is disabled after a word of warning, and its history says who did it', async ({
  page,
  context,
  installation,
}) => {
  const person = await signUp(installation, 'shut-out')
  await addLogin(context, await signInAsAdmin(installation), installation)
  await page.goto('/admin/users')
  await page.getByLabel('E-mail address, name or id').fill(person.email)
  await page.getByRole('button', { name: 'Show' }).click()
  await page.getByRole('button', { name: `Disable ${person.email}` }).click()
  await expect(page.getByRole('alertdialog')).toContainText('signed out everywhere at once')
  await page.getByRole('button', { name: 'Disable the account' }).click()
  await expect(page.getByRole('button', { name: `Enable ${person.email}` })).toBeVisible()
  expect((await person.api('GET', '/me')).status).toBe(401)
  await page.getByRole('link', { name: 'What was done to it' }).click()
  await expect(page.getByRole('listitem').filter({ hasText: 'Disabled an account' })).toContainText(
    `by ${installation.settings.INITIAL_ADMIN_EMAIL}`,
  )
})

test('the last administrator’s role stays, and the page says why', async ({
  page,
  context,
  installation,
  complaints,
}) => {
  const email = installation.settings.INITIAL_ADMIN_EMAIL ?? ''
  await addLogin(context, await signInAsAdmin(installation), installation)
  await page.goto(`/admin/users?q=${encodeURIComponent(email)}`)
  await page.getByRole('button', { name: `Take role back from ${email}` }).click()
  await page.getByRole('button', { name: 'Take the role back' }).click()
  await expect(page.getByRole('alert').filter({ hasText: /administrator/ })).toBeVisible()
  expect(complaints.filter((text) => !text.includes('409'))).toEqual([])
  complaints.length = 0
})

test('a submission is excluded with a reason and restored', async ({
  page,
  context,
  installation,
}) => {
  const person = await signUp(installation, 'excluded')
  await upload(person, await readSample(installation))
  await addLogin(context, await signInAsAdmin(installation), installation)
  await page.goto(`/admin/submissions?q=${encodeURIComponent(person.email)}`)
  await page.getByRole('button', { name: /^Exclude / }).click()
  const confirm = page.getByRole('button', { name: 'Take it off' })
  await expect(confirm).toBeDisabled()
  await page.getByLabel('Reason').fill('A test of the page.')
  await confirm.click()
  await expect(page.getByText('Taken off the leaderboard: A test of the page.')).toBeVisible()
  await page.getByRole('button', { name: /^Restore / }).click()
  await page.getByRole('button', { name: 'Let it count' }).click()
  await expect(page.getByRole('button', { name: /^Exclude / })).toBeVisible()
})

test('an invitation’s code is shown once, and revoked it is of no use', async ({
  page,
  context,
  installation,
}) => {
  await addLogin(context, await signInAsAdmin(installation), installation)
  await page.goto('/admin/invitations')
  const note = `e2e ${Date.now()}`
  await page.getByLabel('Note (optional)').fill(note)
  await page.getByRole('button', { name: 'Make an invitation' }).click()
  await expect(page.getByText(`https://${installation.webHost}/signup?invitation=`)).toBeVisible()
  await page.getByRole('button', { name: `Revoke the invitation ${note}` }).click()
  await page.getByRole('button', { name: 'Revoke it' }).click()
  await expect(
    page.getByRole('listitem').filter({ hasText: note }).getByText('Revoked', { exact: true }),
  ).toBeVisible()
})

test.afterAll(async () => {
  await admin?.api('POST', '/auth/logout')
})
