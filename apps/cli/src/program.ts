import { Command, CommanderError } from 'commander'
import { readEnvironment } from './config/env.ts'
import { describeFailure } from './failure.ts'

/** `./medforge` with its commands, whichever of its programs they are in. */
export function createProgram(registrations: readonly ((program: Command) => void)[]): Command {
  const program = new Command('medforge')
    .description('MedForge: GPU sessions and medical AI competitions on one host')
    .exitOverride()
    .showHelpAfterError()
  for (const register of registrations) register(program)
  return program
}

/**
 * Run the command that the process was started with, and set the exit code. A failure is one line on stderr.
 *
 * @param explain  turns an error into a Failure where it knows what to do about it
 */
export async function runProgram(
  program: Command,
  explain: (error: unknown) => Promise<unknown> = async (error) => error,
): Promise<void> {
  try {
    await program.parseAsync()
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode
      return
    }
    const message = describeFailure(await explain(error), readEnvironment().isDebug)
    process.stderr.write(`\nmedforge: ${message}\n`)
    process.exitCode = 1
  }
}
