import type { Kind } from './kinds.ts'
import { ACCOUNTS, ADDRESS, IMAGES, SECRETS } from './platform-settings.ts'
import { CONTAINERS_ONLY, DEVELOPMENT, HOST } from './process-settings.ts'
import { COMPETITIONS, SESSIONS } from './session-settings.ts'
import type { Reader, Setting } from './setting.ts'

/**
 * Every setting, once. `.env.example`, the environments of the compose file, docs/configuration.md, what `up` and `doctor` check and
 * what the processes read follow from it; `npm run generate` writes the files.
 */
export const SETTINGS = {
  ...ADDRESS,
  ...IMAGES,
  ...SECRETS,
  ...ACCOUNTS,
  ...SESSIONS,
  ...COMPETITIONS,
  ...HOST,
  ...CONTAINERS_ONLY,
  ...DEVELOPMENT,
}

export type SettingName = keyof typeof SETTINGS

type ValueOf<Entry> = Entry extends { kind: Kind<infer Value> }
  ? Entry extends { default: null }
    ? Value | null
    : Value
  : never

/** The type of a setting's value; null where it may be absent. */
export type SettingValue<Name extends SettingName> = ValueOf<(typeof SETTINGS)[Name]>

type Section = { title: string; intro?: string; settings: Record<string, Setting> }

/** The settings under the headings of the generated files. */
export const SECTIONS: readonly Section[] = [
  { title: 'Address', settings: ADDRESS },
  {
    title: 'Images, each as name@sha256:…',
    intro:
      'Built by `./medforge up` and recorded while they are empty. Name another image by digest to use that instead of building.',
    settings: IMAGES,
  },
  { title: 'Secrets, generated', settings: SECRETS },
  { title: 'Accounts', settings: ACCOUNTS },
  { title: 'GPUs and sessions', settings: SESSIONS },
  { title: 'Competitions', settings: COMPETITIONS },
  { title: 'Host', settings: HOST },
  { title: 'Set by the compose file', settings: CONTAINERS_ONLY },
  { title: 'For development and tests', settings: DEVELOPMENT },
]

const ENTRIES: [string, Setting][] = Object.entries(SETTINGS)

export function findSetting(name: string): Setting | undefined {
  return ENTRIES.find(([known]) => known === name)?.[1]
}

/** Whether an installation's `.env` holds it. */
export function isInEnvFile({ setBy }: Setting): boolean {
  return setBy !== 'compose' && setBy !== 'development'
}

/** What `.env` holds, in the order of `.env.example`. */
export function envFileSettings(): [string, Setting][] {
  return ENTRIES.filter(([, setting]) => isInEnvFile(setting))
}

/** What a new installation on `localhost` begins with; empty where `up` fills it in. */
export function exampleValues(): Record<string, string> {
  return Object.fromEntries(
    envFileSettings().map(([name, { example, default: fallback, fromDomain }]) => [
      name,
      example ?? fromDomain?.('localhost') ?? fallback ?? '',
    ]),
  )
}

/** Secrets that the API's processes read from a file where `<NAME>_FILE` names one: each name with that variable. */
export function fileVariants(): [name: string, variant: string][] {
  return ENTRIES.filter(([, { isSecret }]) => isSecret).map(([name]) => [name, `${name}_FILE`])
}

/**
 * The variables that a process reads, and so the only ones that the supervisor hands to it: the server never holds the
 * reconciler's database password, the reconciler never holds the key of the login cookies.
 */
export function variablesOf(reader: Reader): string[] {
  const names = ENTRIES.filter(([, { readBy }]) => readBy.includes(reader)).map(([name]) => name)
  const files = fileVariants().filter(([name]) => names.includes(name))
  return [...names, ...files.map(([, variant]) => variant)]
}
