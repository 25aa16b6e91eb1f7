import { randomUUID } from 'node:crypto'
import { type CompetitionSeed, toSqlTime } from '@medforge/db'
import { type Bundle, loadBundles } from './bundle.ts'
import {
  HoldoutError,
  type HoldoutFacts,
  readCurrentVersion,
  readHoldoutFacts,
} from './holdout-store.ts'

export type SeedOptions = {
  publicRoot: string
  hiddenRoot: string
  at: Date
  /** One sentence a call, for the person at the terminal. */
  log(sentence: string): void
}

/**
 * What `seedCompetition` writes for every bundle whose holdout can be read. The row of any other stays as it is: its
 * submissions wait.
 *
 * Run by root on the host after `ensureCompetitionData`.
 */
export async function competitionSeeds(options: SeedOptions): Promise<CompetitionSeed[]> {
  const { publicRoot, hiddenRoot, at, log } = options
  const seeds: CompetitionSeed[] = []
  for (const bundle of await loadBundles(publicRoot)) {
    const { slug } = bundle.manifest
    try {
      const version = await readCurrentVersion(hiddenRoot, slug)
      if (version === null) throw new HoldoutError(`${slug} has no holdout.`)
      const facts = await readHoldoutFacts(hiddenRoot, slug, version)
      seeds.push(seedOf(bundle, facts, at))
    } catch (error) {
      if (!(error instanceof HoldoutError)) throw error
      log(`${slug} was left as it was: ${error.message}`)
    }
  }
  return seeds
}

/** The rows of a competition on this holdout. */
export function seedOf(
  bundle: Bundle,
  { manifest, manifestSha256 }: HoldoutFacts,
  at: Date,
): CompetitionSeed {
  const { dataset, ...competition } = bundle.manifest
  const datasetId = randomUUID()
  const created_at = toSqlTime(at)
  return {
    dataset: { id: datasetId, created_at, ...dataset },
    competition: {
      id: randomUUID(),
      slug: competition.slug,
      title: competition.title,
      description: bundle.description,
      rules: bundle.rules,
      competition_tier: 'public',
      metric: competition.metric,
      metric_version: competition.metric_version,
      secondary_metrics: JSON.stringify(competition.secondary_metrics ?? []),
      reference_entries: JSON.stringify(
        bundle.references.map(({ name, source }) => ({ name, source })),
      ),
      higher_is_better: competition.higher_is_better,
      competition_spec_version: competition.competition_spec_version,
      is_permanent: competition.is_permanent,
      submission_cap_per_day: competition.submission_cap_per_day,
      dataset_id: datasetId,
      evaluation_split_version: manifest.split_version,
      manifest_sha256: manifestSha256,
      holdout_kind: manifest.kind,
      holdout_rows: manifest.rows,
      created_at,
    },
  }
}
