import { join } from 'node:path'
import type { CliEnvironment } from '@medforge/cli/config/env.ts'
import type { Benchmark } from './benchmarks.ts'
import { cellName, inCell, openCell } from './cell.ts'
import { execute } from './execute.ts'
import { keepLogs, setUpInCell } from './set-up.ts'

/** What set-up and tidying may take on top of what the caller asked for. */
const MARGIN_MS = 30 * 60_000

/**
 * Run one of `tests/bench` in a cell, against an installation of its own where it needs one.
 *
 * @param minutes  how long the caller asked it to measure, where it can be asked
 * @returns its exit code: 0 where it ran and met its target
 */
export async function runBenchmark(
  environment: CliEnvironment,
  { name, needsInstallation }: Pick<Benchmark, 'name' | 'needsInstallation'>,
  { args, minutes = 0 }: { args: string[]; minutes?: number },
): Promise<number> {
  const { root } = environment
  const cell = cellName(environment)
  await using _cell = await openCell(root, cell)
  const setUp = needsInstallation ? await setUpInCell(environment, cell) : 0
  const program = join(root, `tests/bench/${name}.ts`)
  const command = inCell(root, cell, [process.execPath, program, ...args])
  const exitCode =
    setUp === 0
      ? await execute(environment, { command, limitMs: minutes * 60_000 + MARGIN_MS })
      : setUp
  if (exitCode !== 0 && needsInstallation) await keepLogs(environment, cell)
  return exitCode
}
