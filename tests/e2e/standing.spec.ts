import type { SubmissionAccepted } from '@medforge/contracts'
import { becomeAdmin } from '../support/admin.ts'
import { type Installation, openDatabase, readInstallation } from '../support/installation.ts'
import { type Person, signUp } from '../support/person.ts'
import { flip, readSample, TITANIC, upload } from '../support/submissions.ts'
import { addLogin, expect, expectGoodLooks, test } from './fixtures.ts'

const REASON = 'It is the file of another person, uploaded again under this name.'
const NOTICE = 'Three passengers were counted twice. Every file was scored again without them.'

let person: Person

test.beforeAll(async () => {
  const installation = readInstallation()
  person = await signUp(installation, 'standing', { display_name: 'Ada of the Standing' })
  const sample = await readSample(installation)
  const ids: string[] = []
  // Nobody survives in the sample: the fewer answers are turned over, the better.
  for (const turned of [400, 300, 200, 100, 0]) {
    const accepted = (await upload(person, flip(sample, turned))).json() as {
      data: SubmissionAccepted
    }
    ids.push(accepted.data.submission.id)
  }
  const admin = await becomeAdmin(installation)
  const excluded = await admin.api('POST', `/admin/submissions/${ids[2]}/exclude`, {
    json: { reason: REASON },
  })
  expect(excluded.status, excluded.text).toBe(200)
  await setNotice(installation, NOTICE)
})

test.afterAll(async ({ installation }) => {
  await setNotice(installation, null)
})

test.beforeEach(({ context, installation }) => addLogin(context, person, installation))

test('a leaderboard shows the notice, one’s rank and how it came about', async ({ page }) => {
  await page.goto(`${TITANIC}/leaderboard`)
  await expect(page.getByText(NOTICE)).toBeVisible()
  await expect(page.getByRole('heading', { name: /^Your rank: \d+ of \d+$/ })).toBeVisible()
  await expect(page.getByRole('img', { name: /^Your best score over time/ })).toBeVisible()
  await page.getByText('How your best score came about').click()
  await expect(page.getByRole('row', { name: /Ada of the Standing\s*you/ })).toBeVisible()
  await expect(page.getByRole('row', { name: /Majority\s*reference/ })).toBeVisible()
  await expect(page.getByRole('columnheader', { name: 'Macro F1' })).toBeVisible()
  await expectGoodLooks(page, 'standing')
})

test('an excluded submission says why beside its file', async ({ page }) => {
  await page.goto(`${TITANIC}/submissions`)
  const reason = page.getByText(REASON)
  await reason.scrollIntoViewIfNeeded()
  await expect(reason).toBeVisible()
  await expectGoodLooks(page, 'exclusion')
})

/** What a re-score leaves on the board, without one. */
async function setNotice(installation: Installation, notice: string | null): Promise<void> {
  await using db = openDatabase(installation)
  const notice_at = notice === null ? null : '2026-03-01 12:00:00.000000'
  await db
    .updateTable('competitions')
    .set({ notice, notice_at })
    .where('slug', '=', 'titanic-survival')
    .execute()
}
