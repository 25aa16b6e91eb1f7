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
export async function writeMoles({ holdout, manifest, overview }: MolesOptions): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), 'medforge-bundle-')), 'moles')
  await mkdir(folder)
  const facts = {
    format: 1,
    slug: MOLES.slug,
    title: 'Mole triage',
    competition_spec_version: 'v1',
    metric: 'accuracy',
    metric_version: 'accuracy-v1',
    higher_is_better: true,
    is_permanent: false,
    submission_cap_per_day: 1000,
    id_column: 'picture',
    target_columns: ['verdict'],
    labels: { min: 0, max: 2 },
    expected_rows: MOLES.ids.length,
    split_version: 'v1',
    dataset: {
      slug: 'moles',
      title: 'Pictures of moles',
      source: 'https://example.org/moles',
      license: 'CC0',
      bytes: 1,
      checksum: 'none',
      storage_path: 'moles',
    },
    ...manifest,
  }
  const files: Record<string, string> = {
    'manifest.json': JSON.stringify(facts),
    'overview.md': overview ?? 'Which of these moles should a doctor see?',
    'rules.md': 'One verdict a picture.',
    'sample_submission.csv': molesCsv(() => 0),
    ...(holdout ? { 'holdout_labels.csv': molesCsv(holdout) } : {}),
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

/** `./medforge competition …`; rejects with what it complained about. */
export function competition(...args: string[]): Promise<string> {
  return runOnHost(`${REPOSITORY}/medforge`, 'competition', ...args)
}

/** Take the fourth competition out again, so that the next test finds the three that come with MedForge. */
export async function removeMoles(db: Kysely<DB>): Promise<void> {
  const row = await db
    .selectFrom('competitions')
    .select(['id', 'dataset_id'])
    .where('slug', '=', MOLES.slug)
    .executeTakeFirst()
  if (!row) return
  const mine = db.selectFrom('rescore_runs').select('id').where('competition_id', '=', row.id)
  await db.deleteFrom('shadow_scores').where('run_id', 'in', mine).execute()
  await db.deleteFrom('rescore_runs').where('competition_id', '=', row.id).execute()
  for (const table of [
    'leaderboard_entries',
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
