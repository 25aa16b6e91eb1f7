import type { Command } from 'commander'
import { registerInvite } from './users-invite.ts'

const JSON_OPTION = ['--json', 'as JSON, for programs'] as const

/** The work is loaded when it is wanted, so that other commands start without the database's driver. */
export function registerUsers(program: Command): void {
  const users = program.command('users').description('accounts')
  const actions = () => import('./users-actions.ts')
  users
    .command('list')
    .description('every account, newest first')
    .option('--search <text>', 'with this in the address or the name')
    .option(...JSON_OPTION)
    .action(async (options) => (await actions()).list(options))
  users
    .command('show <email>')
    .description('one account with its sessions')
    .option(...JSON_OPTION)
    .action(async (email, options) => (await actions()).show(email, options))
  users
    .command('promote <email>')
    .description('make somebody an administrator')
    .option('--demote', 'make an administrator an ordinary user again')
    .option('--yes', 'do not ask')
    .option(...JSON_OPTION)
    .action(async (email, options) => (await actions()).promote(email, options))
  users
    .command('limit <email> [sessions]')
    .description(
      'how many sessions somebody may have at a time, and limits of their own; "default" takes one back',
    )
    .option('--cpu <number>', 'processors of one session')
    .option('--memory <size>', 'memory of one session, such as 16g')
    .option('--shm <size>', 'shared memory of one session')
    .option('--storage <size>', 'workspaces and snapshots together, such as 50g')
    .option(...JSON_OPTION)
    .action(async (email, sessions, options) =>
      (await actions()).limit(email, { ...options, sessions }, options),
    )
  users
    .command('disable <email>')
    .description('end every login of an account at once and let nobody sign in with it')
    .option('--stop-sessions', 'also end its sessions, each with a snapshot')
    .option('--yes', 'do not ask')
    .option(...JSON_OPTION)
    .action(async (email, options) => (await actions()).disable(email, options))
  users
    .command('enable <email>')
    .description('let an account sign in again')
    .option(...JSON_OPTION)
    .action(async (email, options) => (await actions()).enable(email, options))
  users
    .command('reset-password <email>')
    .description('set a new random password, end all logins of the account, and print it once')
    .option(...JSON_OPTION)
    .action(async (email, options) => (await actions()).resetPassword(email, options))
  registerInvite(users)
}
