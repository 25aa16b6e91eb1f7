import { randomBytes } from 'node:crypto'
import {
  databaseUrlOf,
  envFileSettings,
  exampleValues,
  findSetting,
  isInEnvFile,
  parseSetting,
  SETTINGS,
  type Setting,
  type SettingName,
  type SettingValue,
} from '@medforge/core/settings'
import { Failure } from '../failure.ts'
import { IMAGE_NAMES, type ImageName, isLocalReference } from '../images/reference.ts'
import { type EnvValues, parseEnv } from './env-file.ts'

/** The setting that names an image. */
export function imageSetting(name: ImageName): string {
  return `${name.toUpperCase()}_IMAGE`
}

/** What the caller of `up` asks for. */
export type RequestedSettings = {
  /** From --domain or the environment; undefined keeps what is recorded. */
  domain: string | undefined
  initialAdminEmail: string | undefined
  /** From --set NAME=VALUE. */
  overrides: EnvValues
}

/** @throws Failure naming every argument of --set that is no assignment, or no setting that an operator gives a value */
export function parseOverrides(assignments: readonly string[]): EnvValues {
  const overrides: EnvValues = {}
  const refused: string[] = []
  for (const assignment of assignments) {
    const [[name = '', value = ''] = []] = Object.entries(parseEnv(assignment))
    const setting = findSetting(name)
    if (name === '') refused.push(`${assignment.split('=')[0]} is not NAME=VALUE`)
    else if (!setting || !isInEnvFile(setting)) refused.push(`There is no setting ${name}`)
    else if (setting.setBy === 'up') refused.push(`${name} is set by ./medforge up itself`)
    else overrides[name] = value
  }
  if (refused.length === 0) return overrides
  throw new Failure(
    `${refused.join('; ')}.`,
    'All settings are listed and explained in docs/configuration.md and deploy/compose/.env.example.',
  )
}

/** Limits that earlier versions wrote into every `.env`, whatever the host. */
const OLD_DEFAULTS: EnvValues = {
  SESSION_CPU_LIMIT: '2',
  SESSION_MEM_LIMIT: '8g',
  SESSION_SHM_SIZE: '2g',
}

/** Settings that an earlier version filled in, so that nobody chose them. Where this host's share is recorded they were looked for before. */
export function findOldDefaults(recorded: EnvValues | undefined): EnvValues {
  if (recorded === undefined || recorded.SESSION_MEM_SHARE !== undefined) return {}
  const entries = Object.entries(OLD_DEFAULTS).filter(([name, value]) => recorded[name] === value)
  return Object.fromEntries(entries)
}

/**
 * Every setting with its value: what is recorded, moved to the requested domain, completed from the defaults, with the
 * secrets that are missing generated. Same input, same output, apart from new secrets.
 */
export function completeSettings(
  recorded: EnvValues | undefined,
  requested: RequestedSettings,
  makeSecret: () => string = () => randomBytes(36).toString('base64url'),
): EnvValues {
  const old = Object.keys(findOldDefaults(recorded)).map((name) => [name, ''])
  const before: EnvValues = { ...recorded, ...Object.fromEntries(old) }
  const defaults = exampleValues()
  const domain = (requested.domain ?? before.DOMAIN ?? defaults.DOMAIN ?? '').toLowerCase()
  const values: EnvValues = { ...defaults, ...before, DOMAIN: domain }
  for (const [name, { fromDomain }] of envFileSettings()) {
    if (!fromDomain) continue
    // What the old domain gave moves to the new one; what an operator chose stays.
    const isDerived = !before[name] || before[name] === fromDomain(before.DOMAIN || domain)
    if (isDerived) values[name] = fromDomain(domain)
  }
  if (requested.initialAdminEmail) values.INITIAL_ADMIN_EMAIL = requested.initialAdminEmail
  Object.assign(values, requested.overrides)
  for (const [name, { setBy }] of envFileSettings()) {
    if (setBy === 'generated') values[name] ||= makeSecret()
  }
  values.DATABASE_URL = databaseUrlOf('admin', values.DB_ADMIN_PASSWORD ?? '')
  return values
}

/** Sentences about settings that cannot work, for `up` to refuse and `doctor` to list; empty when all is well. */
export function findSettingFaults(values: EnvValues): string[] {
  const faults = envFileSettings().flatMap(([name, setting]) => {
    const complaint = complaintAbout(name, setting, values)
    return complaint === undefined ? [] : [`${name} ${complaint}`]
  })
  if (values.TLS_MODE === 'acme' && !values.ACME_EMAIL) {
    faults.push('TLS_MODE=acme needs ACME_EMAIL, a contact for the authority')
  }
  if (values.TLS_MODE === 'internal' && values.EDGE_BIND_ADDRESS !== '127.0.0.1') {
    faults.push('TLS_MODE=internal is for trial hosts, so EDGE_BIND_ADDRESS has to be 127.0.0.1')
  }
  // Other characters mean something to compose.
  if (/[^A-Za-z0-9_-]/.test(values.SESSION_SECRET ?? '')) {
    faults.push('SESSION_SECRET may hold letters, digits, - and _ only')
  }
  return faults
}

/** What follows the name in a sentence about a value that cannot work. */
function complaintAbout(name: string, setting: Setting, values: EnvValues): string | undefined {
  const { kind, setBy, instead, fromDomain, isOnlyFromDomain } = setting
  const value = values[name]
  if (!value) {
    // `up` fills these in; what is generated and what follows from the domain it has filled in already.
    const mayBeEmpty = setting.default !== undefined || setBy === 'operator-or-up' || setBy === 'up'
    return mayBeEmpty ? undefined : 'is not set'
  }
  if (setBy === 'fixed' && value !== setting.default) {
    return `has to be ${setting.default}${instead ? ` (${instead})` : ''}`
  }
  if (isOnlyFromDomain && fromDomain) {
    const only = fromDomain(values.DOMAIN ?? '')
    return value === only ? undefined : `has to be ${only}`
  }
  if (kind.parse(value) !== undefined) return undefined
  return kind.complaint ?? `has to be ${kind.expected}`
}

/** @throws Failure that lists every fault at once */
export function checkSettings(values: EnvValues, file: string): void {
  const faults = findSettingFaults(values)
  if (faults.length === 0) return
  throw new Failure(
    `${file} cannot be used: ${faults.join('; ')}.`,
    'Correct that there (an image setting may also be emptied, then it is built), and run this again.',
  )
}

/**
 * The value of one setting, its default where it is not set.
 *
 * @throws Failure where the file sets it to something that cannot work
 */
export function requireSetting<Name extends SettingName>(
  name: Name,
  values: EnvValues,
  file: string,
): SettingValue<Name> {
  const value = parseSetting(name, values)
  if (value !== undefined) return value
  const complaint = complaintAbout(name, SETTINGS[name], values) ?? 'is not set'
  throw new Failure(
    `${file} cannot be used: ${name} ${complaint}.`,
    'Correct that there, and run this again.',
  )
}

/** Images that an operator named; those that we built and recorded ourselves are not overrides. */
export function imageOverrides(values: EnvValues): Partial<Record<ImageName, string>> {
  const overrides: Partial<Record<ImageName, string>> = {}
  for (const name of IMAGE_NAMES) {
    const reference = values[imageSetting(name)]
    if (reference && !isLocalReference(reference)) overrides[name] = reference
  }
  return overrides
}
