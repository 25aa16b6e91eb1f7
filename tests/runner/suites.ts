import { join } from 'node:path'
import type { ReportKind } from './totals.ts'

export const PARTS = [
  'lint',
  'types',
  'unit',
  'integration',
  'host',
  'e2e',
  'contract',
  'chaos',
] as const
export type Part = (typeof PARTS)[number]

export type Cell = 'platform' | 'faults'

export type Suite = {
  part: Part
  title: string
  /** The cell whose installation it runs against; the faults break theirs, so they have one of their own. */
  cell: Cell | null
  report: ReportKind
  command: [string, ...string[]]
  env?: Record<string, string>
  /** Where it may take longer than everything else. */
  limitMs?: number
}

/**
 * How far the faults go: `short` is one real kill an action, `long` every failpoint and every kind of end as well, and
 * after those so many minutes of random histories.
 */
export type ChaosRun = { scope: 'short' } | { scope: 'long'; minutes: number }

export type SuiteOptions = {
  root: string
  /** Where the runners leave their JSON reports, one file a part. */
  reportsDir: string
  chaos: ChaosRun
  /** How many are simulated; null: as many as take seconds. */
  histories: number | null
  /** Of every random test; null: each chooses its own. */
  seed: number | null
}

/** What the chaos suite takes besides its random histories. */
const CHAOS_REST_MINUTES = 30
/** What the files of the long run alone take. */
const CHAOS_LONG_MINUTES = 40

function chaosEnvironment(chaos: ChaosRun): Record<string, string> {
  if (chaos.scope === 'short') return {}
  return { MEDFORGE_CHAOS_MINUTES: String(chaos.minutes) }
}

/** Above what a thousand simulated histories take on a core that others want too. */
const MINUTES_FOR_1000_HISTORIES = 1

function unitEnvironment(histories: number | null): Record<string, string> {
  return histories === null ? {} : { MEDFORGE_HISTORIES: String(histories), MEDFORGE_LONG: '1' }
}

/** Every suite; those of one cell, and those of none, run in this order. */
export function listSuites({ root, reportsDir, chaos, histories, seed }: SuiteOptions): Suite[] {
  const isTerminal = process.stdout.isTTY === true
  const tool = (...path: string[]): [string, string] => [
    process.execPath,
    join(root, 'node_modules', ...path),
  ]
  const vitest = (project: string): [string, ...string[]] => [
    ...tool('vitest', 'vitest.mjs'),
    'run',
    ...['--project', project],
    ...['--reporter', 'default', '--reporter', 'json'],
    ...['--outputFile.json', join(reportsDir, `${project}.json`)],
  ]
  const npm = (script: string): [string, ...string[]] => ['npm', 'run', '--silent', script]
  const plain: Record<string, string> = {
    // The output of some parts reaches the terminal by way of a file.
    ...(isTerminal ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
    ...(seed === null ? {} : { MEDFORGE_SEED: String(seed) }),
    ...(chaos.scope === 'long' ? { MEDFORGE_LONG: '1' } : {}),
  }
  const base = { cell: null, report: 'vitest' as const, env: plain }
  return [
    {
      ...base,
      part: 'lint',
      title: 'lint and import rules',
      report: 'exit code',
      // Its colours are ANSI codes around every single character, whatever NO_COLOR says.
      command: [...npm('lint'), '--', `--colors=${isTerminal ? 'force' : 'off'}`],
    },
    { ...base, part: 'types', title: 'types', report: 'exit code', command: npm('types') },
    {
      ...base,
      part: 'unit',
      title: 'unit tests',
      command: vitest('unit'),
      env: { ...plain, ...unitEnvironment(histories) },
      limitMs: (30 + ((histories ?? 0) / 1_000) * MINUTES_FOR_1000_HISTORIES) * 60_000,
    },
    {
      ...base,
      part: 'integration',
      title: 'integration tests on MariaDB',
      command: vitest('integration'),
    },
    {
      ...base,
      part: 'host',
      title: 'integration tests on Docker and ZFS',
      cell: 'platform',
      command: vitest('host'),
    },
    // Before the contract tests, which fill the leaderboard that the journey takes a picture of.
    {
      part: 'e2e',
      title: 'the journey in a browser',
      cell: 'platform',
      report: 'playwright',
      env: plain,
      command: [
        ...tool('@playwright', 'test', 'cli.js'),
        'test',
        ...['--config', join(root, 'tests/e2e/playwright.config.ts')],
      ],
    },
    {
      ...base,
      part: 'contract',
      title: 'contract tests over HTTPS',
      cell: 'platform',
      command: vitest('contract'),
    },
    {
      ...base,
      part: 'chaos',
      title: 'faults at every step',
      cell: 'faults',
      command: vitest('chaos'),
      env: { ...plain, ...chaosEnvironment(chaos) },
      limitMs:
        ((chaos.scope === 'long' ? chaos.minutes + CHAOS_LONG_MINUTES : 0) + CHAOS_REST_MINUTES) *
        60_000,
    },
  ]
}
