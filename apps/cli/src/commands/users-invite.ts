import { type Command, InvalidArgumentError } from 'commander'
import { readEnvironment } from '../config/env.ts'
import { requireRoot } from '../host/prepare.ts'
import { locateInstallation, readSettings } from '../stack/installation.ts'

type Options = { uses: number; days?: number; note?: string }

const DAY_MS = 86_400_000
const USES_MAX = 10_000
const DAYS_MAX = 3650

export function registerInvite(users: Command): void {
  users
    .command('invite')
    .description('make a code with which people can sign up, and print it once')
    .option('--uses <number>', 'how many accounts may be made with it', wholeNumber(USES_MAX), 1)
    .option(
      '--days <number>',
      'how long it lasts; without: until it is revoked',
      wholeNumber(DAYS_MAX),
    )
    .option('--note <text>', 'what it is for; administrators see it')
    .action(invite)
}

async function invite({ uses, days, note }: Options): Promise<void> {
  requireRoot(process.getuid?.())
  const settings = readSettings(locateInstallation(readEnvironment()))
  const { inviteFromHost } = await import('../stack/invitations.ts')
  const { code, invitation } = await inviteFromHost(
    { databaseUrl: settings.DATABASE_URL ?? '', sessionSecret: settings.SESSION_SECRET ?? '' },
    {
      max_uses: uses,
      ...(days === undefined
        ? {}
        : { expires_at: new Date(Date.now() + days * DAY_MS).toISOString() }),
      ...(note === undefined ? {} : { note }),
    },
  )
  const lasts =
    invitation.expires_at === null ? 'until it is revoked' : `until ${invitation.expires_at}`
  process.stdout.write(
    [
      `Invitation code: ${code}`,
      `Link: https://medforge.${settings.DOMAIN ?? ''}/signup?invitation=${code}`,
      `Good for ${uses} ${uses === 1 ? 'account' : 'accounts'}, ${lasts}. It is shown once and stored nowhere.`,
      ...(settings.SIGNUP_MODE === 'invite'
        ? []
        : [
            `SIGNUP_MODE is ${settings.SIGNUP_MODE || 'open'}: set it to invite in deploy/compose/.env and run ./medforge up, so that codes are asked for.`,
          ]),
      '',
    ].join('\n'),
  )
}

function wholeNumber(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= 1 && value <= max) return value
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${max}.`)
  }
}
