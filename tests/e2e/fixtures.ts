import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { type BrowserContext, test as base, expect, type Page } from '@playwright/test'
import { type Installation, REPOSITORY, readInstallation } from '../support/installation.ts'
import type { Person } from '../support/person.ts'

const SCREENSHOTS = join(REPOSITORY, '.artifacts/screenshots')

type Fixtures = {
  installation: Installation
  /** Every complaint that a page of ours made in this test; there must be none in the end. */
  complaints: string[]
}

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the pattern
  installation: async ({}, use) => {
    await use(readInstallation())
  },
  complaints: [
    async ({ context, installation }, use) => {
      const complaints: string[] = []
      const isOurs = (page: Page | null) =>
        page?.url().startsWith(`https://${installation.webHost}`)
      context.on('console', (message) => {
        if (message.type() === 'error' && isOurs(message.page())) {
          complaints.push(`${message.text()} (${message.location().url})`)
        }
      })
      context.on('weberror', (error) => {
        if (isOurs(error.page())) complaints.push(String(error.error()))
      })
      await use(complaints)
      expect(complaints, 'what our pages wrote to the console as errors').toEqual([])
    },
    { auto: true },
  ],
})

export { expect }

/** Keep a picture of what the page shows now; with `forDocs` it may become one of the documentation's. */
export async function picture(page: Page, name: string, options: { forDocs?: boolean } = {}) {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const file = join(SCREENSHOTS, `${name}.png`)
  await page.screenshot({ path: file, animations: 'disabled', caret: 'hide' })
  // biome-ignore lint/style/noProcessEnv: set by ./medforge test --update-screenshots
  if (options.forDocs && process.env.MEDFORGE_UPDATE_SCREENSHOTS) {
    mkdirSync(join(REPOSITORY, 'docs/images'), { recursive: true })
    copyFileSync(file, join(REPOSITORY, 'docs/images', `${name}.png`))
  }
}

const WIDTHS = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
} as const

/** What the page shows now is accessible and fits, at both widths and in both themes, which are CSS alone. A picture is kept of each. */
export async function expectGoodLooks(page: Page, name: string) {
  for (const [width, viewport] of Object.entries(WIDTHS)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await test.step(`${name} on a ${width}, ${colorScheme}`, async () => {
        await page.setViewportSize(viewport)
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        // Text, not a function: these sources are checked without the browser's types.
        await page.evaluate(
          'Promise.allSettled(document.getAnimations().map((one) => one.finished))',
        )
        await expectAccessible(
          page,
          colorScheme === 'light' ? { tags: WCAG } : { rules: OF_COLOUR },
        )
        await expectNoSidewaysScroll(page)
        await picture(page, `${name}-${width}-${colorScheme}`)
      })
    }
  }
}

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
/** All that may differ between two themes, which are other values of the same variables. */
const OF_COLOUR = ['color-contrast', 'link-in-text-block']

/** No accessibility fault that a machine can find (WCAG 2.2 A and AA), or none that breaks one of these rules of axe. */
async function expectAccessible(page: Page, which: { tags: string[] } | { rules: string[] }) {
  const axe = new AxeBuilder({ page })
  const { violations } = await ('tags' in which
    ? axe.withTags(which.tags)
    : axe.withRules(which.rules)
  ).analyze()
  const faults = violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
  )
  expect(faults).toEqual([])
}

/** Nothing sticks out sideways: a page is read by scrolling one way. */
async function expectNoSidewaysScroll(page: Page) {
  // Text, not a function: these sources are checked without the browser's types.
  const overhang = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  expect(overhang).toBeLessThanOrEqual(0)
}

/** Sign this browser in as somebody, with the cookies that the log-in sets. */
export async function addLogin(
  context: BrowserContext,
  person: Person,
  { webHost, apiHost }: Installation,
) {
  const placed = [
    { pair: person.cookie, domain: `.${webHost}` },
    { pair: person.hostBound, domain: apiHost },
  ]
  const common = { path: '/', secure: true, httpOnly: true, sameSite: 'Lax' as const }
  await context.addCookies(
    placed.map(({ pair, domain }) => {
      const [name = '', value = ''] = pair.split('=')
      return { name, value, domain, ...common }
    }),
  )
}

export async function signUpInBrowser(page: Page, email: string, password: string) {
  await page.goto('/')
  await page.getByRole('banner').getByRole('link', { name: 'Sign up' }).click()
  await page.getByLabel('Email', { exact: true }).fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.waitForURL('**/dashboard')
}
