import type { Setting } from './setting.ts'
import { SETTINGS, type SettingName, type SettingValue } from './table.ts'

/** Variables as text. */
export type Env = Readonly<Record<string, string | undefined>>

/** Several variables are missing or wrong. The message names each with what was expected, and never shows a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}:\n` +
        faults.map((fault) => `  ${fault}`).join('\n') +
        '\nSet the variables in deploy/compose/.env and start again.',
    )
    this.faults = faults
  }
}

/** Reads settings and collects every fault, so that all of them can be reported at once. */
export interface SettingsReader {
  /** After a fault the value is undefined whatever its type; `finish` throws before anybody uses it. */
  value<Name extends SettingName>(name: Name): SettingValue<Name>
  /** Records a fault that only several settings together show. */
  refuse(name: SettingName, expected: string): void
  /** @throws ConfigError when anything read so far was missing or wrong */
  finish(): void
}

export function createSettingsReader(env: Env): SettingsReader {
  const faults: string[] = []

  function refuse(name: SettingName, expected: string): void {
    const isMissing = !env[name]
    const variant = `${name}_FILE`
    const what =
      isMissing && env[variant] !== undefined
        ? `the file that ${variant} names cannot be read`
        : isMissing
          ? 'is missing'
          : 'is wrong'
    faults.push(`${name}: ${what}; expected ${expected}.`)
  }

  return {
    value<Name extends SettingName>(name: Name) {
      const value = parseSetting(name, env)
      if (value === undefined) refuse(name, expectedOf(SETTINGS[name]))
      return value as SettingValue<Name>
    },
    refuse,
    finish() {
      if (faults.length > 0) throw new ConfigError(faults)
    },
  }
}

/**
 * The value of a setting, its default where it is absent. Empty counts as absent, as in a compose file.
 *
 * @returns undefined where it is wrong, or absent and required
 */
export function parseSetting<Name extends SettingName>(
  name: Name,
  env: Env,
): SettingValue<Name> | undefined {
  const setting: Setting = SETTINGS[name]
  const derived = setting.fromDomain?.(env.DOMAIN ?? '')
  const value = env[name] || (derived ?? setting.default)
  if (value === null) return null as SettingValue<Name>
  if (value === undefined || (setting.isOnlyFromDomain && value !== derived)) return undefined
  return setting.kind.parse(value) as SettingValue<Name> | undefined
}

/** Completes "expected …" for any domain. */
export function expectedOf({ kind, fromDomain, isOnlyFromDomain }: Setting): string {
  return isOnlyFromDomain && fromDomain ? fromDomain('<DOMAIN>') : kind.expected
}
