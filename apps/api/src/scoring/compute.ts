import {
  type Bundle,
  BundleError,
  type BundleRoots,
  createBundleCatalogue,
  HoldoutError,
  readHoldoutFacts,
  readHoldoutTable,
  readStoredSubmission,
} from '@medforge/competitions'
import { BoundedMap } from '@medforge/core/bounded-map'
import { score, type Table } from '@medforge/scoring'
import { createFailpoint, type FailpointSettings } from '../lib/failpoints.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { ScoringJob, ScoringOutcome } from './job.ts'

export type ComputeOptions = BundleRoots & {
  hiddenRoot: string
  submissionsDir: string
  failpoints?: FailpointSettings
}

export interface Computer {
  /** Never rejects. */
  compute(job: ScoringJob): Promise<ScoringOutcome>
}

const HOLDOUTS_KEPT_MAX = 16

/**
 * Scores files against holdouts: reads each holdout once and keeps its table by the hashes of its manifest and its public part, so a cached
 * one is always the one that the job's stamps name.
 */
export function createComputer(options: ComputeOptions): Computer {
  const { hiddenRoot, submissionsDir } = options
  const failpoint = createFailpoint(options.failpoints ?? null)
  const bundles = createBundleCatalogue(options)
  const holdouts = new BoundedMap<string, Table>(HOLDOUTS_KEPT_MAX)

  async function readHoldout(bundle: Bundle, job: ScoringJob): Promise<Table> {
    const { competitionSlug, evaluationSplitVersion, manifestSha256 } = job
    const facts = await readHoldoutFacts(hiddenRoot, competitionSlug, evaluationSplitVersion)
    if (facts.manifestSha256 !== manifestSha256) {
      throw new HoldoutError(
        `${competitionSlug} ${evaluationSplitVersion}: the manifest on disk is not the one that the competition's row names.`,
      )
    }
    const key = `${manifestSha256} ${job.bundleVersion ?? ''}`
    const known = holdouts.get(key)
    if (known) return known
    const table = await readHoldoutTable(hiddenRoot, bundle, facts)
    holdouts.set(key, table)
    return table
  }

  async function computeChecked(job: ScoringJob): Promise<ScoringOutcome> {
    const { competitionSlug: slug, bundleVersion: bundle_version } = job
    const bundle = await bundles.find({ slug, bundle_version })
    if (!bundle) throw new HoldoutError(`${job.competitionSlug} has no bundle.`)
    if (bundle.manifest.metric_version !== job.metricVersion) {
      throw new HoldoutError(
        `${job.competitionSlug}: bundle and row differ in the metric's version.`,
      )
    }
    const holdout = await readHoldout(bundle, job)
    const checked = await readStoredSubmission(submissionsDir, bundle, job)
    await failpoint('w2.read')
    if (!checked.ok) {
      return { kind: 'invalid', reason: checked.faults[0]?.message ?? 'It is not valid.' }
    }
    const result = score(bundle.spec.metric, checked.table, holdout)
    await failpoint('w3.computed')
    return { kind: 'scored', result, fingerprint: fingerprintOf(checked.table) }
  }

  return {
    async compute(job) {
      try {
        return await computeChecked(job)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        const isOperators = error instanceof HoldoutError || error instanceof BundleError
        return { kind: isOperators ? 'holdout_unavailable' : 'fault', reason }
      }
    },
  }
}
