import type { Command } from 'commander'
import { readEnvironment } from '../config/env.ts'
import { requireRoot } from '../host/prepare.ts'
import { locateInstallation, readSettings } from '../stack/installation.ts'
import { registerInvite } from './users-invite.ts'

export function registerUsers(program: Command): void {
  const users = program.command('users').description('accounts')
  registerInvite(users)
  users
    .command('reset-password <email>')
    .description('set a new random password, end all logins of the account, and print it once')
    .action(resetPassword)
}

async function resetPassword(email: string): Promise<void> {
  requireRoot(process.getuid?.())
  const settings = readSettings(locateInstallation(readEnvironment()))
  const accounts = await import('../stack/accounts.ts')
  const account = await accounts.resetPassword(settings.DATABASE_URL ?? '', email)
  process.stdout.write(
    [
      `New password of ${account.email}: ${account.password}`,
      'It is shown once and stored nowhere. All logins of the account have ended.',
      '',
    ].join('\n'),
  )
}
