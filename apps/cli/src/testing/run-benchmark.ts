import { join } from 'node:path'
import type { CliEnvironment } from '../config/env.ts'
import { inCell, openCell } from './cell.ts'
import { execute } from './execute.ts'
import { keepLogs, setUpInCell } from './set-up.ts'

/**
 * Run one of `tests/bench` against an installation of its own.
 *
 * @returns its exit code: 0 where it ran and met its target
 */
export async function runBenchmark(
  environment: CliEnvironment,
  name: string,
  args: string[],
): Promise<number> {
  const { root } = environment
  await using _cell = await openCell(root)
  const setUp = await setUpInCell(environment)
  const program = join(root, `tests/bench/${name}.ts`)
  const command = inCell(root, [process.execPath, program, ...args])
  const exitCode = setUp === 0 ? await execute(environment, { command }) : setUp
  if (exitCode !== 0) await keepLogs(environment)
  return exitCode
}
