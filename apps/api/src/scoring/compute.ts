import { createHash } from 'node:crypto'
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
import type { Baseline } from '@medforge/contracts'
import { BoundedMap } from '@medforge/core/bounded-map'
import {
  type CheckResult,
  checkSubmission,
  isTied,
  makeBaseline,
  measureUncertainty,
  score,
  type Table,
} from '@medforge/scoring'
import { createFailpoint, type FailpointSettings } from '../lib/failpoints.ts'
import { fingerprintOf } from './fingerprint.ts'
import type {
  BoardJob,
  BoardOutcome,
  ScoringFailure,
  ScoringJob,
  ScoringOutcome,
  ScoringTarget,
} from './job.ts'

export type ComputeOptions = BundleRoots & {
  hiddenRoot: string
  submissionsDir: string
  failpoints?: FailpointSettings
}

export interface Computer {
  /** Never rejects. */
  compute(job: ScoringJob): Promise<ScoringOutcome>
  /** Never rejects. */
  computeForBoard(job: BoardJob): Promise<BoardOutcome>
}

const HOLDOUTS_KEPT_MAX = 16

/** A holdout with what it is read and scored by. */
type Judged = { bundle: Bundle; truth: Table; salt: string }

/**
 * Scores files against holdouts: reads each holdout once and keeps its table by the hashes of its manifest and its public part, so a cached
 * one is always the one that the job's stamps name.
 */
export function createComputer(options: ComputeOptions): Computer {
  const { hiddenRoot, submissionsDir } = options
  const failpoint = createFailpoint(options.failpoints ?? null)
  const bundles = createBundleCatalogue(options)
  const holdouts = new BoundedMap<string, Table>(HOLDOUTS_KEPT_MAX)

  async function readTarget(target: ScoringTarget): Promise<Judged> {
    const { competitionSlug: slug, bundleVersion: bundle_version, manifestSha256 } = target
    const bundle = await bundles.find({ slug, bundle_version })
    if (!bundle) throw new HoldoutError(`${slug} has no bundle.`)
    if (bundle.manifest.metric_version !== target.metricVersion) {
      throw new HoldoutError(`${slug}: bundle and row differ in the metric's version.`)
    }
    const facts = await readHoldoutFacts(hiddenRoot, slug, target.evaluationSplitVersion)
    if (facts.manifestSha256 !== manifestSha256) {
      throw new HoldoutError(
        `${slug} ${target.evaluationSplitVersion}: the manifest on disk is not the one that the competition's row names.`,
      )
    }
    const key = `${manifestSha256} ${bundle_version ?? ''}`
    const truth = holdouts.get(key) ?? (await readHoldoutTable(hiddenRoot, bundle, facts))
    holdouts.set(key, truth)
    return { bundle, truth, salt: facts.manifest.salt }
  }

  async function computeChecked(job: ScoringJob): Promise<ScoringOutcome> {
    const { bundle, truth } = await readTarget(job)
    const checked = await readStoredSubmission(submissionsDir, bundle, job)
    await failpoint('w2.read')
    if (!checked.ok) return invalid(checked)
    const { metric, secondary_metrics } = bundle.manifest
    const result = score(metric, checked.table, truth, secondary_metrics)
    await failpoint('w3.computed')
    return { kind: 'scored', result, fingerprint: fingerprintOf(checked.table) }
  }

  async function computeBoardChecked(job: BoardJob): Promise<BoardOutcome> {
    const { bundle, truth, salt } = await readTarget(job)
    const { metric, secondary_metrics } = bundle.manifest
    const checked =
      job.ask === 'reference'
        ? readReference(bundle, truth, salt, job.source)
        : await readStoredSubmission(submissionsDir, bundle, job.file)
    if (!checked.ok) return invalid(checked)
    const seed = seedOf(salt, 'resampling')
    if (job.ask !== 'tie') {
      return {
        kind: 'measured',
        result: score(metric, checked.table, truth, secondary_metrics),
        uncertainty: measureUncertainty(metric, checked.table, truth, seed),
      }
    }
    const first = await readStoredSubmission(submissionsDir, bundle, job.first)
    if (!first.ok) return invalid(first)
    return { kind: 'compared', isTied: isTied(metric, checked.table, first.table, truth, seed) }
  }

  return {
    compute: (job) => computeChecked(job).catch(failureOf),
    computeForBoard: (job) => computeBoardChecked(job).catch(failureOf),
  }
}

function failureOf(error: unknown): ScoringFailure {
  const reason = error instanceof Error ? error.message : String(error)
  const isOperators = error instanceof HoldoutError || error instanceof BundleError
  return { kind: isOperators ? 'holdout_unavailable' : 'fault', reason }
}

function invalid({ faults }: Extract<CheckResult, { ok: false }>): ScoringFailure {
  return { kind: 'invalid', reason: faults[0]?.message ?? 'It is not valid.' }
}

/** From the part of the holdout's manifest that nobody else reads: whoever knew the draws could tell labels from an interval. */
function seedOf(salt: string, purpose: 'resampling' | 'baseline'): string {
  return createHash('sha256').update(`${purpose} ${salt}`).digest('hex')
}

function readReference(bundle: Bundle, truth: Table, salt: string, source: string): CheckResult {
  const reference = bundle.references.find((each) => each.source === source)
  if (!reference) throw new BundleError(`${bundle.manifest.slug} has no such reference entry.`)
  if (reference.file) {
    return checkSubmission(bundle.spec, bundle.expected, reference.file, { isStored: true })
  }
  const baseline = source as Baseline
  const seed = seedOf(salt, 'baseline')
  return { ok: true, table: makeBaseline(baseline, bundle.manifest.metric, truth, seed) }
}
