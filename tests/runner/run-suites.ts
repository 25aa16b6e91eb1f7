import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CliEnvironment } from '@medforge/cli/config/env.ts'
import { inCell, openCell } from './cell.ts'
import { execute } from './execute.ts'
import { createOutput, describeResults, type Output, type Result } from './output.ts'
import { artifactsFolder, keepLogs, setUpInCell } from './set-up.ts'
import { describeSlowest, readTimes } from './slowest.ts'
import { listSuites, type Part, type Suite, type SuiteOptions } from './suites.ts'
import { addTotals, describeTotals, NOTHING, readTotals } from './totals.ts'

export type TestRun = Pick<SuiteOptions, 'chaos' | 'seed'> & {
  environment: CliEnvironment
  parts: readonly Part[]
  /** Copy the screenshots that the documentation shows into `docs/images`. */
  updateScreenshots: boolean
  /** Called before the cell is taken away, for a look around. */
  beforeTearDown: () => Promise<void>
}

type Lane = { run: TestRun; output: Output; reportsDir: string; isNice: boolean }

/**
 * Run the suites in two lanes at once: those of the machine in order, and beside them those that need an installation,
 * in order too, in a cell of their own. One that fails stops no other.
 *
 * @returns whether every suite ran and nothing failed
 */
export async function runSuites(run: TestRun): Promise<boolean> {
  const { root } = run.environment
  const artifacts = artifactsFolder(root)
  const reportsDir = join(artifacts, 'reports')
  rmSync(artifacts, { recursive: true, force: true })
  mkdirSync(reportsDir, { recursive: true })

  const { chaos, seed } = run
  const wanted = listSuites({ root, reportsDir, chaos, seed }).filter(({ part }) =>
    run.parts.includes(part),
  )
  const ofCell = wanted.filter(({ needsCell }) => needsCell)
  const ofMachine = wanted.filter(({ needsCell }) => !needsCell)
  const isShared = ofCell.length > 0 && ofMachine.length > 0
  const output = createOutput(isShared, join(artifacts, 'output'))
  const lane = { run, output, reportsDir }
  const lanes = [
    // The cell's lane is the longer one, so it goes first wherever both want a core.
    runInOrder({ ...lane, isNice: isShared }, ofMachine),
    ofCell.length > 0 ? runInCell({ ...lane, isNice: false }, ofCell) : [],
  ]
  const results = (await Promise.all(lanes)).flat()

  const tests = wanted.flatMap(({ part, report }) => {
    const file = reportOf(reportsDir, part)
    return file === undefined ? [] : readTimes(report, file)
  })
  if (tests.length > 0) output.line(`\nThe slowest tests:\n${describeSlowest(tests, root)}`)
  const totals = addTotals(results.map((result) => result.totals))
  output.line(`\n${describeResults(results)}\n`)
  output.line(describeTotals(totals))
  return totals.failed === 0
}

async function runInOrder(lane: Lane, suites: readonly Suite[]): Promise<Result[]> {
  const results: Result[] = []
  for (const suite of suites) results.push(await runSuite(lane, suite))
  return results
}

async function runInCell(lane: Lane, suites: readonly Suite[]): Promise<Result[]> {
  const { run, output } = lane
  const failed = { totals: { ...NOTHING, failed: 1 }, seconds: 0 }
  const notRun = suites.map(({ title }) => ({ title: `${title} (not run)`, ...failed }))
  await using cell = await openCell(run.environment.root).catch((error: Error) => {
    output.line(error.message)
    return null
  })
  if (cell === null) return [{ title: 'test cell', ...failed }, ...notRun]
  const installed = await setUp(lane)
  const results = [installed]
  if (installed.totals.failed > 0) results.push(...notRun)
  else results.push(...(await runInOrder(lane, suites)))
  await keepLogs(run.environment)
  await run.beforeTearDown()
  return results
}

async function setUp({ run, output }: Lane): Promise<Result> {
  const title = 'an installation of its own, in a cell'
  const startedAt = Date.now()
  const file = output.begin(title, 'up')
  const exitCode = await setUpInCell(run.environment, file)
  const seconds = (Date.now() - startedAt) / 1000
  const result = { title, totals: readTotals('exit code', undefined, exitCode), seconds }
  output.end(result, file)
  return result
}

async function runSuite({ run, output, reportsDir, isNice }: Lane, suite: Suite): Promise<Result> {
  const startedAt = Date.now()
  const { environment } = run
  const file = output.begin(suite.title, suite.part)
  const command = suite.needsCell ? inCell(environment.root, suite.command) : suite.command
  const exitCode = await execute(environment, {
    command: isNice ? ['nice', ...command] : command,
    ...(suite.limitMs === undefined ? {} : { limitMs: suite.limitMs }),
    ...(file === undefined ? {} : { outputTo: file }),
    env: { ...suite.env, MEDFORGE_UPDATE_SCREENSHOTS: run.updateScreenshots ? '1' : '' },
  })
  const report = reportOf(reportsDir, suite.part)
  const result = {
    title: suite.title,
    totals: readTotals(suite.report, report, exitCode),
    seconds: (Date.now() - startedAt) / 1000,
  }
  output.end(result, file)
  return result
}

function reportOf(reportsDir: string, part: Part): string | undefined {
  const file = join(reportsDir, `${part}.json`)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}
