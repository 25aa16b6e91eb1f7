import { availableParallelism, totalmem } from 'node:os'
import { type AccountChange, formatGib } from '@medforge/core'
import { isActive, listSessions, type OperatorSession } from '../operations/sessions.ts'
import { openSetting, type Setting } from '../operations/setting.ts'
import { type LimitWords, parseLimits, showLimits } from '../operations/user-limits.ts'
import {
  type Account,
  changeUser,
  readQuotas,
  readUsers,
  requireUser,
} from '../operations/users.ts'
import * as accounts from '../stack/accounts.ts'
import { confirm } from '../terminal/confirm.ts'
import { type Column, formatFacts, formatTable, report, showTime } from '../terminal/output.ts'
import { stopAndWait } from './sessions-actions.ts'

type Options = { json?: boolean }

const COLUMNS: Column<Account>[] = [
  { title: 'E-MAIL', of: ({ email }) => email },
  { title: 'NAME', of: ({ display_name }) => display_name },
  { title: 'ROLE', of: ({ role }) => role },
  { title: 'SESSIONS', of: (user) => `${user.active_sessions} of ${user.max_concurrent_sessions}` },
  { title: 'STORAGE', of: showStorage },
  { title: 'LIMITS', of: showLimits },
  { title: 'SINCE', of: ({ created_at }) => showTime(created_at) },
  { title: 'DISABLED', of: ({ disabled_at }) => showTime(disabled_at) },
]

function showStorage({ storage, storage_quota_bytes: quota }: Account): string {
  return `${formatGib(storage.used_bytes)} of ${formatGib(quota)}`
}

export async function list(options: Options & { search?: string }): Promise<void> {
  await using setting = openSetting()
  const found = await readUsers(setting.db, options.search)
  const users = found.map(await readQuotas(setting))
  report(options.json, { users }, formatTable(users, COLUMNS, 'No account fits.'))
}

export async function show(email: string, options: Options): Promise<void> {
  await using setting = openSetting()
  const withQuota = await readQuotas(setting)
  const user = withQuota(await requireUser(setting.db, email))
  const sessions = await listSessions(setting.db, { all: true, userId: user.user_id })
  report(options.json, { user, sessions }, formatUser(user, sessions))
}

export function formatUser(user: Account, sessions: readonly OperatorSession[]): string {
  const columns: Column<OperatorSession>[] = [
    { title: 'SESSION', of: ({ slug }) => slug },
    { title: 'STATUS', of: ({ status }) => status },
    { title: 'CREATED', of: ({ created_at }) => showTime(created_at) },
    { title: 'LAST SNAPSHOT', of: ({ last_snapshot }) => last_snapshot },
  ]
  const facts = formatFacts({
    'E-mail': user.email,
    Name: user.display_name,
    Id: user.user_id,
    Role: user.role,
    Sessions: `${user.active_sessions} of ${user.max_concurrent_sessions}`,
    Storage: `${showStorage(user)}, ${formatGib(user.storage.snapshots_bytes)} of it in snapshots`,
    Limits: showLimits(user),
    Since: showTime(user.created_at),
    Access: user.disabled_at === null ? 'enabled' : `disabled since ${showTime(user.disabled_at)}`,
  })
  return `${facts}\n\n${formatTable(sessions, columns, 'No session yet.')}`
}

export async function promote(
  email: string,
  options: Options & { demote?: boolean; yes?: boolean },
): Promise<void> {
  const isDemotion = options.demote ?? false
  const question = isDemotion
    ? `${email} will be no administrator any more.`
    : `${email} will be an administrator, who may open every session and change every account.`
  await change(email, { role: isDemotion ? 'user' : 'admin' }, options, question)
}

export async function limit(email: string, words: LimitWords, options: Options): Promise<void> {
  const host = { processors: availableParallelism(), memoryBytes: totalmem() }
  await change(email, { limits: parseLimits(words, host) }, options)
}

export async function enable(email: string, options: Options): Promise<void> {
  await change(email, { isDisabled: false }, options)
}

async function change(
  email: string,
  change: AccountChange,
  options: Options & { yes?: boolean },
  question?: string,
): Promise<void> {
  await using setting = openSetting()
  const user = await requireUser(setting.db, email)
  if (question !== undefined) await confirm(question, options.yes ?? false)
  const withQuota = await readQuotas(setting)
  const changed = withQuota(await changeUser(setting.db, user, change))
  report(options.json, { user: changed }, formatTable([changed], COLUMNS, ''))
}

export async function disable(
  email: string,
  options: Options & { stopSessions?: boolean; yes?: boolean },
): Promise<void> {
  await using setting = openSetting()
  const user = await requireUser(setting.db, email)
  const listHeld = () => listSessions(setting.db, { all: false, userId: user.user_id })
  const held = await listHeld()
  const fate = options.stopSessions ? 'are stopped, each with a snapshot' : 'go on without them'
  const sessions = held.length === 0 ? '' : ` Their sessions (${slugsOf(held)}) ${fate}.`
  await confirm(
    `${user.email} is signed out everywhere at once and cannot sign in any more.${sessions}`,
    options.yes ?? false,
  )
  const changed = await changeUser(setting.db, user, { isDisabled: true })
  // Once more: the person may have launched while the question stood, and cannot any more.
  const stillHeld = await listHeld()
  const left = options.stopSessions ? await stopAll(setting, stillHeld) : stillHeld
  const text = [
    `${changed.email} is disabled; logins have ended, open sockets end within ten seconds.`,
    ...(left.some(isActive)
      ? [
          `These go on: ${slugsOf(left.filter(isActive))}. End one with ./medforge sessions stop <slug>.`,
        ]
      : []),
  ].join('\n')
  report(options.json, { user: changed, sessions: left }, text)
}

async function stopAll(
  setting: Setting,
  held: readonly OperatorSession[],
): Promise<OperatorSession[]> {
  const ended: OperatorSession[] = []
  for (const session of held) ended.push(await stopAndWait(setting, session))
  if (ended.some(isActive)) process.exitCode = 1
  return ended
}

function slugsOf(sessions: readonly OperatorSession[]): string {
  return sessions.map(({ slug }) => slug).join(', ')
}

export async function resetPassword(email: string, options: Options): Promise<void> {
  await using setting = openSetting()
  const account = await accounts.resetPassword(setting.settings.DATABASE_URL ?? '', email)
  const text = [
    `New password of ${account.email}: ${account.password}`,
    'It is shown once and stored nowhere. All logins of the account have ended.',
  ].join('\n')
  report(options.json, account, text)
}
