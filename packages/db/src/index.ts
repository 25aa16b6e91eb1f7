/**
 * MariaDB as MedForge uses it: the connection, the schema's row types, its migrations and seeds, and the retry of lost races.
 * Holds no rule of any domain. The picture is docs/data-model.md.
 */
export { type AuditEntry, recordAudit } from './audit.ts'
export {
  createDatabase,
  type DatabaseOptions,
  PATIENT_QUERY_LIMIT_MS,
  QUERY_LIMIT_MS,
} from './database.ts'
export { likePattern } from './like-pattern.ts'
export { migrateToLatest, pendingMigrations } from './migrate.ts'
export {
  type DisplayNameKeys,
  displayNameKeys,
  isDisplayNameTaken,
} from './names/display-name-keys.ts'
export { repairDisplayNames } from './names/display-name-repair.ts'
export { numberedNames } from './names/numbered-names.ts'
export {
  type CreatedKey,
  compareKeys,
  mapPage,
  newestFirst,
  type Page,
  type PageRequest,
  readPage,
} from './pages.ts'
export { DATABASE_USERS, type DatabaseUser, grantTableRights } from './rights.ts'
export type { DB } from './schema/index.ts'
export {
  type CompetitionSeed,
  saveDataset,
  seedCompetition,
  seedDefaultPack,
  seedGpus,
} from './seed.ts'
export type { SqlSample, SqlSamples } from './sql-samples.ts'
export {
  type SqlDay,
  type SqlTime,
  sqlTimeToMs,
  toSqlDay,
  toSqlTime,
  toTimestamp,
} from './time.ts'
export {
  inTransaction,
  isDatabaseAway,
  isDuplicateKey,
  isLostRace,
  type TransactionOptions,
} from './transaction.ts'
