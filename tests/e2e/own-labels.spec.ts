import { readInstallation } from '../support/installation.ts'
import { type Person, signUp } from '../support/person.ts'
import { readSample, TITANIC, upload } from '../support/submissions.ts'
import { addLogin, expect, expectGoodLooks, test } from './fixtures.ts'

let person: Person
let sample: string

test.beforeAll(async () => {
  const installation = readInstallation()
  person = await signUp(installation, 'own-labels')
  sample = await readSample(installation)
  await upload(person, sample)
})

test.beforeEach(({ context, installation }) => addLogin(context, person, installation))

test('labels of one’s own are scored in the browser, and nothing is sent', async ({ page }) => {
  await page.goto(`${TITANIC}/submit`)
  await page.getByRole('link', { name: 'Score labels of your own' }).click()
  const file = (name: string, content: string) => {
    return { name, mimeType: 'text/csv', buffer: Buffer.from(content) }
  }
  const score = page.getByRole('button', { name: 'Score in this browser' })
  await expect(score).toBeDisabled()
  await page
    .getByLabel('Your labels')
    .setInputFiles(file('l.csv', 'PassengerId,Survived\n1,1\n2,0\n3,1\n'))
  await page
    .getByLabel('Your predictions')
    .setInputFiles(file('p.csv', 'PassengerId,Survived\n3,1\n2,1\n1,1\n'))
  const sent: string[] = []
  page.on('request', (request) => {
    if (request.method() !== 'GET' || request.postData() !== null) sent.push(request.url())
  })
  await score.click()
  await expect(page.getByText(`accuracy-v1: ${2 / 3}`)).toBeVisible()
  expect(sent).toEqual([])
  await expectGoodLooks(page, 'own-labels')
  await page
    .getByLabel('Your predictions')
    .setInputFiles(file('p.csv', 'PassengerId,Survived\n3,1\n2,1\n'))
  await score.click()
  await expect(page.getByText('The predictions do not fit')).toBeVisible()
})

test('a note is written beside a submission, and its file comes back', async ({ page }) => {
  await page.goto(`${TITANIC}/submissions`)
  await page.getByRole('button', { name: /^Add a note on/ }).click()
  await page.getByLabel('Note').fill('the sample itself')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('the sample itself')).toBeVisible()
  await page.reload()
  await expect(page.getByText('the sample itself')).toBeVisible()
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'prediction.csv' }).click()
  const stream = await (await download).createReadStream()
  expect((await stream.toArray()).join('')).toBe(sample)
  await expectGoodLooks(page, 'submission-note')
})
