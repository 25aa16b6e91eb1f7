import { registerCompetition } from './commands/competition/register.ts'
import { registerDoctor } from './commands/doctor.ts'
import { registerDown } from './commands/down.ts'
import { registerGpus } from './commands/gpus.ts'
import { registerLogs } from './commands/logs.ts'
import { registerSessions } from './commands/sessions.ts'
import { registerSnapshots } from './commands/snapshots.ts'
import { registerStatus } from './commands/status.ts'
import { registerUp } from './commands/up.ts'
import { registerUsers } from './commands/users.ts'
import { Failure } from './failure.ts'
import { createProgram, runProgram } from './program.ts'

const program = createProgram([
  registerUp,
  registerDown,
  registerStatus,
  registerLogs,
  registerDoctor,
  registerSessions,
  registerSnapshots,
  registerGpus,
  registerUsers,
  registerCompetition,
])
// ./medforge hands these two to tests/runner; here they are listed only.
program.addHelpText(
  'after',
  `
Tests and benchmarks:
  test [options] [parts...]     run every check and test; see test --help
  bench <name>                  measure; see bench --help`,
)

await runProgram(program, explain)

async function explain(error: unknown): Promise<unknown> {
  if (error instanceof Failure) return error
  try {
    // Loaded here, so that commands which need no database start without its driver.
    const { explainDatabaseAway } = await import('./operations/database-away.ts')
    return await explainDatabaseAway(error)
  } catch {
    // The driver itself may be what is missing.
    return error
  }
}
