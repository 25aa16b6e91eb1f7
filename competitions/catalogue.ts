import { join } from 'node:path'
import { BoundedMap } from '@medforge/core/bounded-map'
import {
  BUNDLES_ROOT,
  type Bundle,
  type BundleFiles,
  readBundleFiles,
  requireBundle,
} from './bundle.ts'
import { readInstalledBundle } from './bundle-store.ts'

export type BundleRoots = {
  /** Those that come with MedForge; the repository's own by default. */
  shippedRoot?: string
  /** Those that the operator imported. */
  installedRoot: string
}

/** What a competition's row says about its public part. */
export type BundleName = {
  slug: string
  /** Null: the one that comes with MedForge. */
  bundle_version: string | null
}

export interface BundleCatalogue {
  /**
   * Reads a public part once and keeps it: an imported version never changes, and a shipped one changes with the process only.
   *
   * @returns null when nothing of that name comes with MedForge
   * @throws BundleError when it cannot be used; it is read again next time
   */
  find(name: BundleName): Promise<Bundle | null>
}

const KEPT_MAX = 64

/** The row of a competition names its public part, so an import reaches running processes without telling them. */
export function createBundleCatalogue({
  shippedRoot = BUNDLES_ROOT,
  installedRoot,
}: BundleRoots): BundleCatalogue {
  const kept = new BoundedMap<string, Promise<Bundle | null>>(KEPT_MAX)

  async function read({ slug, bundle_version }: BundleName): Promise<Bundle | null> {
    if (bundle_version !== null) return readInstalledBundle(installedRoot, slug, bundle_version)
    const folder = join(shippedRoot, slug)
    const files = await readBundleFiles(folder)
    return files['manifest.json'] === null ? null : requireBundle(folder, files)
  }

  return {
    find(name) {
      const key = `${name.slug}/${name.bundle_version ?? ''}`
      const known = kept.get(key)
      if (known) return known
      const reading = read(name)
      kept.set(key, reading)
      reading.catch(() => kept.delete(key))
      return reading
    },
  }
}

/** The files of a competition's public part, as they lie there. */
export function readPublicFiles(
  { shippedRoot = BUNDLES_ROOT, installedRoot }: BundleRoots,
  { slug, bundle_version }: BundleName,
): Promise<BundleFiles> {
  return readBundleFiles(
    bundle_version === null ? join(shippedRoot, slug) : join(installedRoot, slug, bundle_version),
  )
}
