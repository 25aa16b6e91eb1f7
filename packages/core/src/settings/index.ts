/**
 * The settings of an installation: one table, and how it is read.
 * Never reads a file or `process.env`; `apps/api/src/config` and `apps/cli/src/stack` do.
 * Picture: docs/configuration.md.
 */
export { CONTROL_ADDRESSES, databaseUrlOf } from './compose-values.ts'
export {
  ConfigError,
  createSettingsReader,
  type Env,
  parseSetting,
  type SettingsReader,
} from './read.ts'
export { handedOverTo, renderEnvExample } from './render.ts'
export type { Service, Setting } from './setting.ts'
export {
  envFileSettings,
  exampleValues,
  fileVariants,
  findSetting,
  isInEnvFile,
  SETTINGS,
  type SettingName,
  type SettingValue,
  variablesOf,
} from './table.ts'
