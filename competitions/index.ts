/**
 * The competitions: public bundles (the folders beside this file), the hidden holdouts' place on disk, demo holdouts, and the rows that
 * both make. Never scores anything and never speaks to a person. The picture is docs/competitions.md.
 */
export { BUNDLES_ROOT, type Bundle, loadBundles } from './bundle.ts'
export { BundleError, type BundleManifest } from './bundle-manifest.ts'
export {
  type EnsuredHoldout,
  type EnsureOptions,
  ensureCompetitionData,
  WORKER_GID,
} from './ensure.ts'
export {
  HoldoutError,
  type HoldoutFacts,
  type HoldoutManifest,
  readCurrentVersion,
  readHoldoutFacts,
  readHoldoutTable,
} from './holdout-store.ts'
export { competitionSeeds, type SeedOptions } from './seeds.ts'
