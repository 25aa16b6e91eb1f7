import { createHmac } from 'node:crypto'
import { type Bundle, loadBundles } from './bundle.ts'
import type { DemoRecipe } from './bundle-manifest.ts'
import { DEMO_GENERATOR_VERSION, generateDemoHoldout } from './demo/generator.ts'
import {
  HoldoutError,
  type HoldoutFacts,
  type HoldoutManifest,
  type ReaderGid,
  readCurrentVersion,
  readHoldoutFacts,
  readHoldoutTable,
  setCurrentVersion,
  sha256,
  writeHoldout,
} from './holdout-store.ts'

/** The group of the scoring worker inside its container. */
export const WORKER_GID = 10002

export type EnsureOptions = {
  publicRoot: string
  hiddenRoot: string
  /** At least 32 random characters that never leave the host. The same seed makes the same demo labels. */
  secretSeed: string
  /** One sentence a call, for the person at the terminal. */
  log(sentence: string): void
  /** The worker's group by default. */
  readerGid?: ReaderGid
}

export type EnsuredHoldout = {
  slug: string
  /** Null: the competition has no holdout, or one that has to be repaired by hand. */
  version: string | null
  kind: 'demo' | 'operator' | null
  /** Whether this call made it. */
  made: boolean
}

/**
 * Give every competition a holdout: what is there and whole stays, an absent or damaged demo is made from the seed, and an operator's
 * own holdout is never touched, even when it is damaged.
 *
 * Run by root on the host. Repeating it changes nothing; a kill half-way leaves no half holdout.
 * @throws BundleError when the public part cannot be used
 */
export async function ensureCompetitionData(options: EnsureOptions): Promise<EnsuredHoldout[]> {
  if (options.secretSeed.length < 32) throw new Error('The seed of the demo holdouts is too short.')
  const ensured: EnsuredHoldout[] = []
  for (const bundle of await loadBundles(options.publicRoot)) {
    ensured.push(await ensureHoldout(bundle, options))
  }
  return ensured
}

async function ensureHoldout(bundle: Bundle, options: EnsureOptions): Promise<EnsuredHoldout> {
  const { hiddenRoot, secretSeed, log, readerGid = WORKER_GID } = options
  const { slug, demo } = bundle.manifest
  const demoVersion = nameDemoSplit(bundle, secretSeed)
  const current = await readCurrent(hiddenRoot, bundle)
  // Kept unless it is a demo that this bundle and seed would not make.
  if (current?.facts && current.fault === null) {
    const { kind, split_version } = current.facts.manifest
    if (kind === 'operator' || split_version === demoVersion || !demo) {
      return { slug, version: split_version, kind, made: false }
    }
  }
  const isOperators = current !== null && !current.version.startsWith(demoPrefix(bundle))
  if (current?.fault && isOperators) {
    log(
      `The holdout of ${slug} cannot be used (${current.fault}) Import it again; nothing was changed.`,
    )
    return { slug, version: null, kind: null, made: false }
  }
  if (!demo) {
    log(`${slug} has no holdout and no demo; it waits for an import.`)
    return { slug, version: null, kind: null, made: false }
  }
  await writeDemo(bundle, demo, { hiddenRoot, secretSeed, readerGid })
  await setCurrentVersion(hiddenRoot, slug, demoVersion, readerGid)
  log(`Made a demo holdout for ${slug} (${demoVersion}): made-up labels, shown as demo.`)
  return { slug, version: demoVersion, kind: 'demo', made: true }
}

/**
 * The demo holdout of a bundle, made where it is missing or damaged.
 *
 * @returns null when the bundle has no recipe for one
 */
export async function ensureDemoHoldout(
  bundle: Bundle,
  options: DemoOptions,
): Promise<HoldoutFacts | null> {
  const { slug, demo } = bundle.manifest
  if (!demo) return null
  const version = nameDemoSplit(bundle, options.secretSeed)
  const there = await readVersion(options.hiddenRoot, bundle, version)
  if (there.facts === null || there.fault !== null) await writeDemo(bundle, demo, options)
  return readHoldoutFacts(options.hiddenRoot, slug, version)
}

type DemoOptions = { hiddenRoot: string; secretSeed: string; readerGid: ReaderGid }

async function writeDemo(
  bundle: Bundle,
  recipe: DemoRecipe,
  { hiddenRoot, secretSeed, readerGid }: DemoOptions,
): Promise<void> {
  const labels = generateDemoHoldout(bundle, recipe, secretSeed)
  const version = nameDemoSplit(bundle, secretSeed)
  const manifest = describeDemo(bundle, version, labels, secretSeed)
  await writeHoldout(hiddenRoot, manifest, labels, readerGid)
}

type Current = { version: string; facts: HoldoutFacts | null; fault: string | null }

async function readCurrent(hiddenRoot: string, bundle: Bundle): Promise<Current | null> {
  const { slug } = bundle.manifest
  const version = await readCurrentVersion(hiddenRoot, slug)
  return version === null ? null : readVersion(hiddenRoot, bundle, version)
}

async function readVersion(hiddenRoot: string, bundle: Bundle, version: string): Promise<Current> {
  const { slug } = bundle.manifest
  let facts: HoldoutFacts | null = null
  try {
    facts = await readHoldoutFacts(hiddenRoot, slug, version)
    await readHoldoutTable(hiddenRoot, bundle, facts)
    return { version, facts, fault: null }
  } catch (error) {
    if (!(error instanceof HoldoutError)) throw error
    return { version, facts, fault: error.message }
  }
}

function demoPrefix({ manifest }: Bundle): string {
  return `${manifest.split_version}-demo-`
}

/** Another installation's seed, other ids or another generator give another name, so boards of different labels never mix. */
function nameDemoSplit(bundle: Bundle, secretSeed: string): string {
  const { slug } = bundle.manifest
  const fingerprint = createHmac('sha256', secretSeed)
    .update(`split ${DEMO_GENERATOR_VERSION} ${slug} ${bundle.idsSha256}`)
    .digest('hex')
  return `${demoPrefix(bundle)}${fingerprint.slice(0, 8)}`
}

function describeDemo(
  bundle: Bundle,
  version: string,
  labels: string,
  secretSeed: string,
): HoldoutManifest {
  const { slug, metric_version, expected_rows } = bundle.manifest
  return {
    format: 1,
    slug,
    kind: 'demo',
    split_version: version,
    metric_version,
    rows: expected_rows,
    ids_sha256: bundle.idsSha256,
    holdout_sha256: sha256(labels),
    salt: createHmac('sha256', secretSeed).update(`salt ${version}`).digest('hex'),
  }
}
