import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CliEnvironment } from '@medforge/cli/config/env.ts'
import { cellName, inCell, openCell } from './cell.ts'
import { execute } from './execute.ts'
import { createOutput, describeResults, type Output, type Result } from './output.ts'
import { artifactsFolder, keepLogs, setUpInCell } from './set-up.ts'
import { type Cell, listSuites, type Part, type Suite, type SuiteOptions } from './suites.ts'
import { describeFailures, describeSlowest, readTests } from './test-reports.ts'
import { addTotals, describeTotals, NOTHING, readTotals } from './totals.ts'

export type TestRun = Pick<SuiteOptions, 'chaos' | 'histories' | 'seed'> & {
  environment: CliEnvironment
  parts: readonly Part[]
  /** Copy the screenshots that the documentation shows into `docs/images`. */
  updateScreenshots: boolean
  /** Called before the cell is taken away, for a look around. */
  beforeTearDown: (cell: string) => Promise<void>
}

type Lane = { run: TestRun; output: Output; reportsDir: string; cell: string }

/**
 * Run the suites in two lanes at once, as there are two cores: those of the platform's cell, and beside them those of the
 * machine and then those of the faults' cell; each lane in order. One that fails stops no other.
 *
 * @returns whether every suite ran and nothing failed
 */
export async function runSuites(run: TestRun): Promise<boolean> {
  const { root } = run.environment
  const artifacts = artifactsFolder(root)
  const reportsDir = join(artifacts, 'reports')
  rmSync(artifacts, { recursive: true, force: true })
  mkdirSync(reportsDir, { recursive: true })

  const { chaos, histories, seed } = run
  const wanted = listSuites({ root, reportsDir, chaos, histories, seed }).filter(({ part }) =>
    run.parts.includes(part),
  )
  const suitesOf = (cell: Cell | null) => wanted.filter((suite) => suite.cell === cell)
  const isShared = new Set(wanted.map(({ cell }) => cell)).size > 1
  const output = createOutput(isShared, join(artifacts, 'output'))
  const lane = { run, output, reportsDir, cell: '' }
  const runCell = (cell: Cell) =>
    runInCell({ ...lane, cell: nameOfCell(cell, run.environment) }, suitesOf(cell))
  const lanes = [
    runInOrder(lane, suitesOf(null)).then(async (results) => [
      ...results,
      ...(await runCell('faults')),
    ]),
    runCell('platform'),
  ]
  const results = (await Promise.all(lanes)).flat()

  const tests = wanted.flatMap(({ part, report }) => {
    const file = reportOf(reportsDir, part)
    return file === undefined ? [] : readTests(report, file)
  })
  if (tests.length > 0) output.line(`\nThe slowest tests:\n${describeSlowest(tests, root)}`)
  const failures = describeFailures(tests, root)
  if (failures !== '') output.line(`\nWhat failed:\n${failures}`)
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

/** Two names, also where somebody chose the first for a run beside others. */
function nameOfCell(cell: Cell, environment: CliEnvironment): string {
  return cell === 'platform' ? cellName(environment) : `${cellName(environment)}2`
}

async function runInCell(lane: Lane, suites: readonly Suite[]): Promise<Result[]> {
  if (suites.length === 0) return []
  const { run, output, cell: name } = lane
  const failed = { totals: { ...NOTHING, failed: 1 }, seconds: 0 }
  const notRun = suites.map(({ title }) => ({ title: `${title} (not run)`, ...failed }))
  await using cell = await openCell(run.environment.root, name).catch((error: Error) => {
    output.line(error.message)
    return null
  })
  if (cell === null) return [{ title: `test cell ${name}`, ...failed }, ...notRun]
  const installed = await setUp(lane)
  const results = [installed]
  if (installed.totals.failed > 0) results.push(...notRun)
  else results.push(...(await runInOrder(lane, suites)))
  await keepLogs(run.environment, name)
  await run.beforeTearDown(name)
  return results
}

async function setUp({ run, output, cell }: Lane): Promise<Result> {
  const title = `an installation of its own, in ${cell}`
  const startedAt = Date.now()
  const file = output.begin(title, `up-${cell}`)
  const exitCode = await setUpInCell(run.environment, cell, file)
  const seconds = (Date.now() - startedAt) / 1000
  const result = { title, totals: readTotals('exit code', undefined, exitCode), seconds }
  output.end(result, file)
  return result
}

async function runSuite({ run, output, reportsDir, cell }: Lane, suite: Suite): Promise<Result> {
  const startedAt = Date.now()
  const { environment } = run
  const file = output.begin(suite.title, suite.part)
  const command =
    suite.cell === null ? suite.command : inCell(environment.root, cell, suite.command)
  const exitCode = await execute(environment, {
    command,
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
