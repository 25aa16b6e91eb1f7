import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CliEnvironment } from '@medforge/cli/config/env.ts'
import { inCell, openCell } from './cell.ts'
import { execute } from './execute.ts'
import { artifactsFolder, keepLogs, setUpInCell } from './set-up.ts'
import { type ChaosRun, listSuites, type Part, type Suite } from './suites.ts'
import { addTotals, describeTotals, NOTHING, readTotals, type Totals } from './totals.ts'

export type TestRun = {
  environment: CliEnvironment
  parts: readonly Part[]
  chaos: ChaosRun | null
  /** Copy the screenshots that the documentation shows into `docs/images`. */
  updateScreenshots: boolean
  /** Called before the cell is taken away, for a look around. */
  beforeTearDown: () => Promise<void>
  say: (line: string) => void
}

type Result = { title: string; totals: Totals; seconds: number }

/**
 * Run the suites in order, the later ones in a cell with an installation of its own, and say what they did.
 *
 * @returns whether every suite ran and nothing failed
 */
export async function runSuites(run: TestRun): Promise<boolean> {
  const artifacts = artifactsFolder(run.environment.root)
  const reportsDir = join(artifacts, 'reports')
  rmSync(artifacts, { recursive: true, force: true })
  mkdirSync(reportsDir, { recursive: true })

  const wanted = listSuites({
    root: run.environment.root,
    reportsDir,
    chaos: run.chaos,
  }).filter(({ part }) => run.parts.includes(part))
  const results: Result[] = []
  for (const suite of wanted.filter(({ needsCell }) => !needsCell)) {
    results.push(await runSuite(run, suite, reportsDir))
  }
  const later = wanted.filter(({ needsCell }) => needsCell)
  if (later.length > 0) results.push(...(await runInCell(run, later, reportsDir)))

  const totals = addTotals(results.map((result) => result.totals))
  run.say(`\n${describeResults(results)}\n`)
  run.say(describeTotals(totals))
  return totals.failed === 0
}

async function runInCell(run: TestRun, suites: Suite[], reportsDir: string): Promise<Result[]> {
  run.say('\n── an installation of its own, in a cell ──')
  const failed = { totals: { ...NOTHING, failed: 1 }, seconds: 0 }
  const notRun = suites.map(({ title }) => ({ title: `${title} (not run)`, ...failed }))
  await using cell = await openCell(run.environment.root).catch((error: Error) => {
    run.say(error.message)
    return null
  })
  if (cell === null) return [{ title: 'test cell', ...failed }, ...notRun]
  const installed = await setUp(run)
  const results = [installed]
  if (installed.totals.failed > 0) {
    results.push(...notRun)
  } else {
    for (const suite of suites) results.push(await runSuite(run, suite, reportsDir))
  }
  await keepLogs(run.environment)
  await run.beforeTearDown()
  return results
}

async function setUp(run: TestRun): Promise<Result> {
  const startedAt = Date.now()
  const exitCode = await setUpInCell(run.environment)
  return finish(run, 'set-up', readTotals('exit code', undefined, exitCode), startedAt)
}

async function runSuite(run: TestRun, suite: Suite, reportsDir: string): Promise<Result> {
  run.say(`\n── ${suite.title} ──`)
  const startedAt = Date.now()
  const { environment } = run
  const exitCode = await execute(environment, {
    command: suite.needsCell ? inCell(environment.root, suite.command) : suite.command,
    ...(suite.limitMs === undefined ? {} : { limitMs: suite.limitMs }),
    env: { ...suite.env, MEDFORGE_UPDATE_SCREENSHOTS: run.updateScreenshots ? '1' : '' },
  })
  const file = join(reportsDir, `${suite.part}.json`)
  const report = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  return finish(run, suite.title, readTotals(suite.report, report, exitCode), startedAt)
}

function finish(run: TestRun, title: string, totals: Totals, startedAt: number): Result {
  const seconds = (Date.now() - startedAt) / 1000
  run.say(`── ${title}: ${describeTotals(totals)} in ${seconds.toFixed(0)} s ──`)
  return { title, totals, seconds }
}

function describeResults(results: Result[]): string {
  const width = Math.max(...results.map(({ title }) => title.length))
  return results
    .map(({ title, totals, seconds }) => {
      const time = `${seconds.toFixed(0)} s`.padStart(7)
      return `${totals.failed > 0 ? '✗' : '✓'} ${title.padEnd(width)} ${time}   ${describeTotals(totals)}`
    })
    .join('\n')
}
