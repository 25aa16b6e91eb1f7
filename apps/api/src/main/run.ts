import { ConfigError } from '@medforge/core/settings'

/**
 * Runs a process's main function. A configuration that cannot work is printed as a sentence for each fault, not as a stack, and ends
 * the process with exit code 78 (EX_CONFIG); any other failure crashes it, for the supervisor to restart.
 */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 78
  } finally {
    // The channel to the supervisor would keep the process alive.
    if (process.connected) process.disconnect()
  }
}
