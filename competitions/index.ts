/**
 * The competitions: public bundles (the folders beside this file), the hidden holdouts' place on disk, demo holdouts, and the rows that
 * both make. Never scores anything and never speaks to a person. The picture is docs/competitions.md.
 */
export {
  BUNDLES_ROOT,
  type Bundle,
  type BundleFault,
  describeFault,
  loadBundles,
} from './bundle.ts'
export { BundleError, type BundleManifest } from './bundle-manifest.ts'
export { bundleVersionOf, readInstalledBundle, storeBundle } from './bundle-store.ts'
export {
  type BundleCatalogue,
  type BundleName,
  type BundleRoots,
  createBundleCatalogue,
  readPublicFiles,
} from './catalogue.ts'
export {
  type EnsuredHoldout,
  type EnsureOptions,
  ensureCompetitionData,
  ensureDemoHoldout,
  WORKER_GID,
} from './ensure.ts'
export {
  factsOf,
  HoldoutError,
  type HoldoutFacts,
  type HoldoutManifest,
  type ReaderGid,
  readCurrentVersion,
  readHoldoutFacts,
  readHoldoutTable,
  storeHoldout,
} from './holdout-store.ts'
export { describeHoldout, HOLDOUT_FILE, type InspectedBundle, inspectBundle } from './inspect.ts'
export { competitionSeeds, type SeedOptions, seedOf } from './seeds.ts'
export { type SplitFiles, type SplitOptions, splitLabels } from './split.ts'
export { readStoredSubmission, type StoredFile } from './stored-submission.ts'
