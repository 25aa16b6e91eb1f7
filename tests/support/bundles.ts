import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { REPOSITORY, runOnHost } from './installation.ts'

/** A competition that does not come with MedForge: forty pictures of moles, three labels. */
export const MOLES = {
  slug: 'mole-triage',
  ids: Array.from({ length: 40 }, (_, at) => `mole-${String(at).padStart(2, '0')}`),
  header: 'picture,verdict',
}

export type MolesOptions = {
  /** Label of each picture in the holdout; null: the folder has none. */
  holdout: ((place: number) => number) | null
  manifest?: Record<string, unknown>
  overview?: string
}

/** A prediction, or a holdout, with a label for each place. */
export function molesCsv(label: (place: number) => number): string {
  return [MOLES.header, ...MOLES.ids.map((id, place) => `${id},${label(place)}`), ''].join('\n')
}

/** The folder as an operator would make it. */
export function writeMoles({ holdout, manifest, overview }: MolesOptions): Promise<string> {
  return writeBundle({
    manifest: {
      slug: MOLES.slug,
      title: 'Mole triage',
      metric: 'accuracy',
      metric_version: 'accuracy-v1',
      id_column: 'picture',
      target_columns: ['verdict'],
      labels: { min: 0, max: 2 },
      expected_rows: MOLES.ids.length,
      ...manifest,
    },
    ...(overview === undefined ? {} : { overview }),
    sample: molesCsv(() => 0),
    holdout: holdout ? molesCsv(holdout) : null,
  })
}

export type BundleText = {
  /** What differs from competition to competition. */
  manifest: { slug: string } & Record<string, unknown>
  overview?: string
  sample: string
  /** Null: the folder has none. */
  holdout: string | null
  /** Further ones, by name. */
  files?: Record<string, string>
}

export async function writeBundle(text: BundleText): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), 'medforge-bundle-')), 'bundle')
  await mkdir(folder)
  const facts = {
    format: 1,
    competition_spec_version: 'v1',
    higher_is_better: true,
    is_permanent: false,
    submission_cap_per_day: 1000,
    split_version: 'v1',
    dataset: {
      slug: `${text.manifest.slug}-data`,
      title: 'Pictures of moles',
      source: 'https://example.org/moles',
      license: 'CC0',
      bytes: 1,
      checksum: 'none',
      storage_path: 'moles',
    },
    ...text.manifest,
  }
  const files: Record<string, string> = {
    'manifest.json': JSON.stringify(facts),
    'overview.md': text.overview ?? 'Which of these moles should a doctor see?',
    'rules.md': 'One row a picture.',
    'sample_submission.csv': text.sample,
    ...(text.holdout === null ? {} : { 'holdout_labels.csv': text.holdout }),
    ...text.files,
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  return folder
}

/**
 * Competitions with metrics that none of those that come with MedForge has, each with its files from the best to the worst, what its
 * reference entry scores, and what its board has beside the score of the best.
 */
export const METRIC_BUNDLES = [
  {
    slug: 'mole-probabilities',
    metric: 'auroc',
    bundle: {
      manifest: {
        slug: 'mole-probabilities',
        title: 'Mole probabilities',
        metric: 'auroc',
        metric_version: 'auroc-v1',
        id_column: 'picture',
        target_columns: ['malignant'],
        expected_rows: 4,
        reference_entries: [{ name: 'Chance', baseline: 'majority' }],
      },
      sample: 'picture,malignant\na,0.5\nb,0.5\nc,0.5\nd,0.5\n',
      holdout: 'picture,malignant\na,1\nb,0\nc,1\nd,0\n',
    },
    files: [
      { csv: 'picture,malignant\nd,1e-3\nc,.7\nb,0.4\na,0.9\n', value: 1 },
      { csv: 'picture,malignant\na,0.9\nb,0.8\nc,0.8\nd,0.1\n', value: 0.875 },
    ],
    faulty: 'picture,malignant\na,90\nb,0.8\nc,0.8\nd,0.1\n',
    beside: { reference: 0.5, secondary: {} },
  },
  {
    slug: 'mole-outlines',
    metric: 'dice',
    bundle: {
      manifest: {
        slug: 'mole-outlines',
        title: 'Mole outlines',
        metric: 'dice',
        metric_version: 'dice-v1',
        id_column: 'picture',
        target_columns: ['outline'],
        image: { width: 4, height: 4 },
        expected_rows: 2,
        secondary_metrics: ['iou'],
        reference_entries: [{ name: 'Chance', file: 'reference-chance.csv' }],
      },
      files: { 'reference-chance.csv': 'picture,outline\na,1 2\nb,\n' },
      sample: 'picture,outline\na,\nb,\n',
      holdout: 'picture,outline\na,1 4\nb,\n',
    },
    files: [
      { csv: 'picture,outline\na,3 4\nb,-1\n', value: 0.75 },
      { csv: 'picture,outline\nb,1 1\na,3 4\n', value: 0.25 },
    ],
    faulty: 'picture,outline\na,16 2\nb,\n',
    // Shared of the first image are 2 of 2 and 4 pixels by the reference, and 2 of 6 in all by the best file; the second is right in both.
    beside: { reference: (4 / 6 + 1) / 2, secondary: { iou: (2 / 6 + 1) / 2 } },
  },
] as const

/** `./medforge competition …`; rejects with what it complained about. */
export function competition(...args: string[]): Promise<string> {
  return runOnHost(`${REPOSITORY}/medforge`, 'competition', ...args)
}

/** Take a competition out again, so that the next test finds the three that come with MedForge. */
export async function removeCompetition(db: Kysely<DB>, slug: string): Promise<void> {
  const row = await db
    .selectFrom('competitions')
    .select(['id', 'dataset_id'])
    .where('slug', '=', slug)
    .executeTakeFirst()
  if (!row) return
  const mine = db.selectFrom('rescore_runs').select('id').where('competition_id', '=', row.id)
  await db.deleteFrom('shadow_scores').where('run_id', 'in', mine).execute()
  await db.deleteFrom('rescore_runs').where('competition_id', '=', row.id).execute()
  for (const table of [
    'leaderboard_entries',
    'reference_scores',
    'submission_fingerprints',
    'probing_flags',
  ] as const) {
    await db.deleteFrom(table).where('competition_id', '=', row.id).execute()
  }
  await db.deleteFrom('submission_scores').where('competition_id', '=', row.id).execute()
  await db.deleteFrom('submissions').where('competition_id', '=', row.id).execute()
  await db.deleteFrom('competitions').where('id', '=', row.id).execute()
  await db.deleteFrom('datasets').where('id', '=', row.dataset_id).execute()
}
