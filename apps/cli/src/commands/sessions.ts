import type { Command } from 'commander'

/** The work is loaded when it is wanted, so that other commands start without the database's driver. */
export function registerSessions(program: Command): void {
  const sessions = program.command('sessions').description('sessions of everybody')
  sessions
    .command('list')
    .description('sessions that hold a GPU, newest first')
    .option('--all', 'also those that have ended')
    .option('--json', 'as JSON, for programs')
    .action(async (options) => (await import('./sessions-actions.ts')).list(options))
  sessions
    .command('show <session>')
    .description('one session, by id or slug: its reasons, events, container and snapshots')
    .option('--json', 'as JSON, for programs')
    .action(async (ref, options) => (await import('./sessions-actions.ts')).show(ref, options))
  sessions
    .command('stop <session>')
    .description('end a session with a snapshot of its workspace, and wait until it has ended')
    .option('--yes', 'do not ask')
    .option('--json', 'as JSON, for programs')
    .action(async (ref, options) => (await import('./sessions-actions.ts')).stop(ref, options))
}
