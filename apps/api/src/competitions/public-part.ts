import {
  type Bundle,
  type BundleCatalogue,
  BundleError,
  type BundleName,
} from '@medforge/competitions'
import { publicPartUnavailable } from './refusals.ts'

/**
 * What a competition's row names, for a route that cannot do without it.
 *
 * @returns null when there is no such competition, or nothing of its name comes with MedForge
 * @throws DomainError `holdout_unavailable` when what was imported is missing or damaged
 */
export async function findPublicPart(
  bundles: BundleCatalogue,
  competition: BundleName | undefined,
): Promise<Bundle | null> {
  if (!competition) return null
  try {
    return await bundles.find(competition)
  } catch (cause) {
    throw cause instanceof BundleError ? publicPartUnavailable(competition.slug, cause) : cause
  }
}
