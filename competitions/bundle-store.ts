import { createHash } from 'node:crypto'
import { join } from 'node:path'
import {
  BUNDLE_FILES,
  type Bundle,
  type BundleFiles,
  readBundleFiles,
  referenceFilesOf,
  requireBundle,
} from './bundle.ts'
import { BundleError } from './bundle-manifest.ts'
import { placeFolder } from './files.ts'

/**
 * The imported public parts: `<slug>/<version>/` with the files of a bundle, readable by everybody. A version is the hash of its files, so
 * it never changes, the same import is the same version, and damage shows.
 */

/** Hex SHA-256 over names, lengths and bytes of the public files. */
export function bundleVersionOf(files: BundleFiles): string {
  const hash = createHash('sha256')
  for (const name of namesOf(files)) {
    const bytes = files[name] ?? Buffer.alloc(0)
    hash.update(`${name}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}

function namesOf(files: BundleFiles) {
  return [...BUNDLE_FILES, ...referenceFilesOf(files)]
}

/** Put a checked public part into place, complete or not at all. One that is there and whole stays; a damaged one is made whole. */
export async function storeBundle(
  installedRoot: string,
  slug: string,
  files: BundleFiles,
): Promise<string> {
  const version = bundleVersionOf(files)
  const there = await readBundleFiles(join(installedRoot, slug, version))
  if (bundleVersionOf(there) === version) return version
  const access = { folderMode: 0o755, fileMode: 0o644, gid: null }
  const contents = Object.fromEntries(
    namesOf(files).map((name) => [name, files[name] ?? Buffer.alloc(0)]),
  )
  await placeFolder(installedRoot, [slug, version], contents, access)
  return version
}

/** @throws BundleError when it is not there, or not what its name says */
export async function readInstalledBundle(
  installedRoot: string,
  slug: string,
  version: string,
): Promise<Bundle> {
  const folder = join(installedRoot, slug, version)
  const files = await readBundleFiles(folder)
  if (bundleVersionOf(files) !== version) {
    throw new BundleError(
      `${folder} is missing or was changed. Import the bundle of ${slug} again.`,
    )
  }
  return requireBundle(folder, files)
}
