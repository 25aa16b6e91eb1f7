import { defineConfig } from '@playwright/test'
import { REPOSITORY, readInstallation } from '../support/installation.ts'

const ARTIFACTS = `${REPOSITORY}/.artifacts`

/** A browser as people have it: certificates are verified, nothing is waited for by the clock, nothing is tried twice. */
export default defineConfig({
  testDir: '.',
  outputDir: `${ARTIFACTS}/e2e`,
  workers: 1,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['json', { outputFile: `${ARTIFACTS}/reports/e2e.json` }]],
  use: {
    baseURL: `https://${readInstallation().webHost}`,
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    actionTimeout: 20_000,
    navigationTimeout: 30_000,
    screenshot: 'only-on-failure',
    // Its film and its copies of every page would cost more processor than the pages.
    trace: { mode: 'retain-on-failure', screenshots: false, snapshots: false },
    launchOptions: {
      executablePath: '/usr/bin/chromium',
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
