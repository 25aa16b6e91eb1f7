import { existsSync, readFileSync } from 'node:fs'
import type { CurrentSession, Session } from '@medforge/contracts'
import type { Frame, Page } from '@playwright/test'
import { ask } from '../support/https.ts'
import { eventually, type Installation } from '../support/installation.ts'
import { PASSWORD, signUp, uniqueEmail } from '../support/person.ts'
import { listSnapshots, readSnapshot } from '../support/snapshots.ts'
import { flip, readSample, upload } from '../support/submissions.ts'
import { expect, picture, signUpInBrowser, test } from './fixtures.ts'

const CODE = 'print("hello from MedForge")'

test('from an account to a running IDE, a kept workspace and a place on the leaderboard', async ({
  page,
  context,
  installation,
}) => {
  await test.step('sign up', async () => {
    await picture(await open(page, '/'), 'landing')
    await signUpInBrowser(page, uniqueEmail('journey'), PASSWORD)
    await picture(page, 'dashboard')
  })

  const session = await test.step('launch, with its steps live', async () => {
    await page.getByRole('button', { name: 'Launch' }).click()
    const steps = page.getByRole('list', { name: 'Launch steps' })
    await expect(steps.or(page.getByRole('link', { name: 'Open IDE' })).first()).toBeVisible()
    await picture(page, 'launching')
    await expect(page.getByRole('link', { name: 'Open IDE' })).toBeVisible({ timeout: 60_000 })
    await picture(page, 'running')
    return readCurrentSession(page, installation)
  })
  const workspace = `/${session.workspace_zfs}`

  await test.step('work in the IDE', async () => {
    const [ide] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('link', { name: 'Open IDE' }).click(),
    ])
    await expect(ide).toHaveURL(session.url)
    await expect(ide.locator('.monaco-workbench')).toBeVisible({ timeout: 60_000 })
    await expect(ide.getByRole('tree', { name: /Files Explorer/ })).toBeVisible({ timeout: 60_000 })
    await workInTerminal(ide, workspace)
    await writeFile(ide, workspace)
    await picture(ide, 'ide', { forDocs: true })
    await ide.close()
  })

  await test.step('stop, and find the snapshot', async () => {
    await page.bringToFront()
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.getByRole('button', { name: 'Stop session' }).click()
    await expect(page.getByText(/Session stopped/)).toBeVisible({ timeout: 60_000 })
    await picture(page, 'stopped')
    const [snapshot = '', ...more] = await listSnapshots(session.workspace_zfs)
    expect(more).toEqual([])
    expect(snapshot).toMatch(new RegExp(`^${session.workspace_zfs}@stop-\\d{13}$`))
    const name = snapshot.slice(snapshot.indexOf('@') + 1)
    await expect(page.getByRole('status').filter({ hasText: name }).first()).toBeVisible()
    const files = await readSnapshot(snapshot)
    expect(files['who.txt']).toMatch(/^uid=1000\b/)
    expect(files['analysis.py']?.trim()).toBe(CODE)
  })

  await test.step('find the session’s host gone', async () => {
    const gone = await context.newPage()
    const answer = await gone.goto(session.url)
    expect(answer?.status()).toBe(404)
    await picture(gone, 'session-gone')
    await gone.close()
    const host = installation.sessionHost(session.slug)
    expect((await ask({ host, path: '/' })).status).toBe(401)
  })

  await test.step('find others in the competition', () => fillLeaderboard(installation))

  await test.step('submit a prediction and see its score', async () => {
    await open(page, '/competitions')
    await page
      .getByRole('link', { name: /Titanic/ })
      .first()
      .click()
    await page.waitForURL('**/competitions/titanic-survival')
    await page.getByRole('link', { name: 'Submit a prediction' }).click()
    await page.waitForURL('**/competitions/titanic-survival/submit')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download sample submission' }).click(),
    ])
    const sample = readFileSync(await download.path(), 'utf8')
    expect(sample.split('\n')[0]?.trim()).toBe('PassengerId,Survived')
    await page.getByLabel('Prediction file').setInputFiles({
      name: 'prediction.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(sample),
    })
    await page.getByRole('button', { name: 'Submit prediction' }).click()
    await expect(page.getByRole('status', { name: 'Your score' })).toContainText(/0\.\d+/)
    await picture(page, 'scored')
  })

  await test.step('stand on the leaderboard', async () => {
    await page.getByRole('link', { name: 'Leaderboard' }).first().click()
    await page.waitForURL('**/titanic-survival/leaderboard')
    const row = page.getByRole('row').filter({ hasText: 'you' })
    await expect(row).toHaveCount(1)
    await expect(row).toContainText(/0\.\d+/)
    await picture(page, 'leaderboard', { forDocs: true })
  })
})

/** Five people who submitted before, so that there is somebody to be compared with. */
async function fillLeaderboard(installation: Installation): Promise<void> {
  const sample = await readSample(installation)
  for (const [index, display_name] of ['Ada', 'Grace', 'Dorothy', 'Katherine', 'Mary'].entries()) {
    const person = await signUp(installation, 'rival', { display_name })
    const answer = await upload(person, flip(sample, 40 * (index + 1)))
    expect(answer.status).toBe(201)
  }
}

async function open(page: Page, path: string): Promise<Page> {
  await page.goto(path)
  return page
}

/** The API's own word on the session, asked with this browser's login. */
async function readCurrentSession(page: Page, installation: Installation): Promise<Session> {
  const answer = await page.request.get(`https://${installation.apiHost}/api/v1/sessions/current`)
  const { data } = (await answer.json()) as { data: CurrentSession }
  if (data.session === null) throw new Error('There is no session.')
  return data.session
}

/** What a terminal shows is a picture, so the command's output is read from the workspace on the host. */
async function workInTerminal(ide: Page, workspace: string): Promise<void> {
  await untilFirstScreen(ide)
  await runCommand(ide, 'Terminal: Create New Terminal')
  const terminal = ide.locator('.terminal-wrapper.active')
  // The first screen takes the focus once more when it has loaded. A person who types just then clicks and types again.
  await expect(async () => {
    await terminal.locator('.xterm-screen').first().click()
    await expect(terminal.locator('textarea').first()).toBeFocused()
    await ide.keyboard.press('Control+u')
    await ide.keyboard.type('id | tee who.txt && touch analysis.py\n')
    const hasRun = async () => existsSync(`${workspace}/analysis.py`)
    await eventually(hasRun, 'the command has run in the terminal', { timeoutMs: 5_000 })
  }).toPass({ timeout: 60_000 })
  expect(readFileSync(`${workspace}/who.txt`, 'utf8')).toMatch(/^uid=1000\b/)
}

/** The first screen opens by itself and takes the focus; what is typed before goes astray. */
async function untilFirstScreen(ide: Page): Promise<void> {
  const heading = (frame: Frame) => frame.getByRole('heading', { name: 'Your workspace' })
  // A frame that is being replaced shows nothing.
  const isDrawn = (frame: Frame) =>
    heading(frame)
      .isVisible()
      .catch(() => false)
  await eventually(
    async () => (await Promise.all(ide.frames().map(isDrawn))).some(Boolean),
    'the first screen is drawn',
    { timeoutMs: 90_000 },
  )
}

async function writeFile(ide: Page, workspace: string): Promise<void> {
  await ide.getByRole('treeitem', { name: /analysis\.py/ }).dblclick()
  await expect(ide.getByRole('tab', { name: /analysis\.py/ })).toBeVisible()
  const editor = ide.locator('.editor-instance[data-mode-id="python"], .editor-instance').last()
  // Keys that come while the editor is still loading the file go astray; a person sees it and types again.
  await expect(async () => {
    await editor.click()
    await ide.keyboard.press('Control+a')
    await ide.keyboard.type(CODE)
    await ide.keyboard.press('Control+s')
    await eventually(
      async () => readFileSync(`${workspace}/analysis.py`, 'utf8').trim() === CODE,
      'the file is on disk',
      { timeoutMs: 5_000 },
    )
  }).toPass({ timeout: 60_000 })
}

async function runCommand(ide: Page, command: string): Promise<void> {
  await ide.keyboard.press('F1')
  const box = ide
    .getByRole('combobox', { name: /command/i })
    .or(ide.locator('.quick-input-box input'))
  await box.first().fill(`>${command}`)
  await ide
    .getByRole('option', { name: new RegExp(command) })
    .first()
    .click()
}
