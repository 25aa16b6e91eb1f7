import {
  type Bundle,
  BundleError,
  type BundleName,
  bundleVersionOf,
  createBundleCatalogue,
  describeHoldout,
  ensureDemoHoldout,
  factsOf,
  HoldoutError,
  type HoldoutFacts,
  type InspectedBundle,
  type ReaderGid,
  readHoldoutFacts,
  storeHoldout,
} from '@medforge/competitions'
import { meaningOf } from '@medforge/scoring'
import { Failure } from '../../failure.ts'

/** Nothing is written before `store`. `facts` are null for a demo, which is known only once it is made. */
export type HoldoutPlan = { facts: HoldoutFacts | null; store(): Promise<HoldoutFacts> }

export type HoldoutSources = {
  installedRoot: string
  hiddenRoot: string
  secretSeed: string
  readerGid: ReaderGid
}

/** What the competition's row says about its public part and its holdout. */
type Present = BundleName & { evaluation_split_version: string }

const NO_LABELS =
  'Nothing was changed. Name the labels with --holdout, or restore the folder from the backup.'
const WITH_LABELS =
  'Nothing was changed. Restore the folder from the backup, or move it away and import again.'

/** The labels that come with the bundle, or those in use where they fit, or a demo for a new competition. */
export async function planHoldout(
  inspected: InspectedBundle,
  row: Present | undefined,
  { installedRoot, hiddenRoot, secretSeed, readerGid }: HoldoutSources,
): Promise<HoldoutPlan> {
  const { bundle, labels } = inspected
  const { slug, demo } = bundle.manifest
  if (labels) {
    const manifest = describeHoldout(bundle, labels, secretSeed)
    const store = () => storeHoldout(hiddenRoot, manifest, labels, readerGid)
    return { facts: factsOf(manifest), store: () => explained(store, WITH_LABELS) }
  }
  if (row) {
    if (!(await fitsPresent(inspected, row, installedRoot))) {
      throw new Failure(
        `The bundle asks for other ids, columns or labels than ${slug} does now, and has no holdout of its own.`,
        'Name its labels with --holdout.',
      )
    }
    const version = row.evaluation_split_version
    const facts = await explained(() => readHoldoutFacts(hiddenRoot, slug, version), NO_LABELS)
    return { facts, store: async () => facts }
  }
  if (!demo) throw noHoldout(slug)
  const store = async () => {
    const where = { hiddenRoot, secretSeed, readerGid }
    const facts = await explained(() => ensureDemoHoldout(bundle, where), NO_LABELS)
    if (!facts) throw noHoldout(slug)
    return facts
  }
  return { facts: null, store }
}

/** The same files fit without a look at the stored ones, so importing them again makes damaged ones whole. */
async function fitsPresent(
  { bundle, files }: InspectedBundle,
  row: Present,
  installedRoot: string,
): Promise<boolean> {
  if (bundleVersionOf(files) === row.bundle_version) return true
  try {
    const present = await createBundleCatalogue({ installedRoot }).find(row)
    return present !== null && factsFor(present) === factsFor(bundle)
  } catch (cause) {
    if (!(cause instanceof BundleError)) throw cause
    throw new Failure(
      `The stored public part of ${row.slug} is damaged.`,
      'Name its labels with --holdout.',
      { cause },
    )
  }
}

/** What a holdout has to agree with. */
function factsFor({ manifest, spec, idsSha256 }: Bundle): string {
  return JSON.stringify([manifest.metric_version, meaningOf(spec), idsSha256])
}

function noHoldout(slug: string): Failure {
  return new Failure(
    `${slug} is new, and its bundle has neither a holdout nor a recipe for a demo.`,
    'Put holdout_labels.csv into the folder, or name the labels with --holdout.',
  )
}

async function explained<Result>(work: () => Promise<Result>, remedy: string): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof HoldoutError)) throw error
    throw new Failure(error.message, remedy, { cause: error })
  }
}
