import { existsSync, readFileSync } from 'node:fs'
import { renderEnvExample } from '@medforge/core/settings'
import { type EnvValues, mergeEnv, readEnvFile, writeSecretFile } from './env-file.ts'
import type { Installation } from './installation.ts'
import {
  checkSettings,
  completeSettings,
  findOldDefaults,
  type RequestedSettings,
} from './settings.ts'

/**
 * The settings that `up` works with: what `.env` holds, completed; and what it emptied of them, with the values that were there.
 *
 * @throws Failure naming every setting that cannot work
 */
export function loadSettings(installation: Installation, requested: RequestedSettings) {
  const recorded = readEnvFile(installation.envFile)
  const values = completeSettings(recorded, requested)
  checkSettings(values, installation.envFile)
  return { values, emptied: findOldDefaults(recorded) }
}

/** Write the settings where they differ from the file. @returns which of the two it was */
export function saveSettings(installation: Installation, values: EnvValues): 'kept' | 'wrote' {
  const template = renderEnvExample()
  const before = existsSync(installation.envFile)
    ? readFileSync(installation.envFile, 'utf8')
    : undefined
  const after = mergeEnv(before ?? template, template, values)
  if (after === before) return 'kept'
  writeSecretFile(installation.envFile, after)
  return 'wrote'
}
