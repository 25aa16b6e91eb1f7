import { Command, CommanderError } from 'commander'
import { registerBench } from './commands/bench.ts'
import { registerCompetition } from './commands/competition/register.ts'
import { registerDoctor } from './commands/doctor.ts'
import { registerDown } from './commands/down.ts'
import { registerGpus } from './commands/gpus.ts'
import { registerLogs } from './commands/logs.ts'
import { registerSessions } from './commands/sessions.ts'
import { registerSnapshots } from './commands/snapshots.ts'
import { registerStatus } from './commands/status.ts'
import { registerTest } from './commands/test.ts'
import { registerUp } from './commands/up.ts'
import { registerUsers } from './commands/users.ts'
import { readEnvironment } from './config/env.ts'
import { describeFailure, Failure } from './failure.ts'

const program = new Command('medforge')
  .description('MedForge: GPU sessions and medical AI competitions on one host')
  .exitOverride()
  .showHelpAfterError()

for (const register of [
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
  registerTest,
  registerBench,
]) {
  register(program)
}

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode
  } else {
    const told = describeFailure(await explain(error), readEnvironment().isDebug)
    process.stderr.write(`\nmedforge: ${told}\n`)
    process.exitCode = 1
  }
}

async function explain(error: unknown): Promise<unknown> {
  if (error instanceof Failure) return error
  try {
    // Loaded here, so that commands which need no database start without its driver.
    const { explainDatabaseAway } = await import('./operations/database-away.ts')
    return explainDatabaseAway(error)
  } catch {
    // The driver itself may be what is missing.
    return error
  }
}
