import { existsSync, readFileSync } from 'node:fs'
import { Failure } from '../failure.ts'
import { type EnvValues, mergeEnv, parseEnv, readEnvFile, writeSecretFile } from './env-file.ts'
import type { Installation } from './installation.ts'
import { checkSettings, completeSettings, type Wishes } from './settings.ts'

/**
 * The settings that `up` works with: what `.env` says, completed.
 *
 * @throws Failure naming every setting that cannot work, or that does not exist
 */
export function loadSettings(installation: Installation, wishes: Wishes): EnvValues {
  const unknown = Object.keys(wishes.overrides).filter((name) => !(name in exampleOf(installation)))
  if (unknown.length > 0) {
    throw new Failure(
      `There is no setting ${unknown.join(', ')}.`,
      'All settings are listed and explained in deploy/compose/.env.example.',
    )
  }
  const values = completeSettings(
    readEnvFile(installation.envFile),
    exampleOf(installation),
    wishes,
  )
  checkSettings(values, installation.envFile)
  return values
}

function exampleOf(installation: Installation): EnvValues {
  return parseEnv(readFileSync(`${installation.envFile}.example`, 'utf8'))
}

/** Write the settings where they differ from the file, and say what that was. */
export function saveSettings(installation: Installation, values: EnvValues): 'kept' | 'wrote' {
  const template = readFileSync(`${installation.envFile}.example`, 'utf8')
  const before = existsSync(installation.envFile)
    ? readFileSync(installation.envFile, 'utf8')
    : undefined
  const after = mergeEnv(before ?? template, template, values)
  if (after === before) return 'kept'
  writeSecretFile(installation.envFile, after)
  return 'wrote'
}
