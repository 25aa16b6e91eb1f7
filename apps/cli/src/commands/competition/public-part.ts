import {
  BUNDLES_ROOT,
  type BundleName,
  type BundleRoots,
  bundleVersionOf,
  readPublicFiles,
} from '@medforge/competitions'
import { Failure } from '../../failure.ts'

/**
 * The public files, every one of them and just as they were imported.
 *
 * @throws Failure where one is missing, or was changed since
 */
export async function requirePublicFiles(
  { shippedRoot = BUNDLES_ROOT, installedRoot }: BundleRoots,
  row: BundleName,
): Promise<[name: string, bytes: Buffer][]> {
  const files = await readPublicFiles({ shippedRoot, installedRoot }, row)
  const whole = Object.entries(files).flatMap(([name, bytes]): [string, Buffer][] =>
    bytes ? [[name, bytes]] : [],
  )
  const isComplete = whole.length === Object.keys(files).length
  const isUnchanged = row.bundle_version === null || bundleVersionOf(files) === row.bundle_version
  if (isComplete && isUnchanged) return whole
  throw new Failure(
    `The stored public part of ${row.slug} is missing or damaged, so nothing was exported.`,
    row.bundle_version === null
      ? `Put ${shippedRoot}/${row.slug} back as MedForge ships it, and run this again.`
      : 'Import its bundle again, or restore the folder from the backup, and run this again.',
  )
}
