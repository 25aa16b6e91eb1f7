import {
  type Bundle,
  createBundleCatalogue,
  describeHoldout,
  ensureDemoHoldout,
  HoldoutError,
  type HoldoutFacts,
  type InspectedBundle,
  readHoldoutFacts,
  seedOf,
  storeBundle,
  storeHoldout,
  WORKER_GID,
} from '@medforge/competitions'
import { type CompetitionSeed, type DB, recordAudit, saveDataset } from '@medforge/db'
import type { Kysely } from 'kysely'
import { Failure } from '../../failure.ts'
import { HIDDEN_HOLDOUTS, HOLDOUT_SEED_FILE, PUBLIC_BUNDLES } from '../../names.ts'
import { ensureHoldoutSeed } from '../../stack/content.ts'
import { say } from '../../terminal/output.ts'
import { type CompetitionRow, findRow, lockCompetitions, openDatabase } from './setting.ts'
import { replaceBoard, type SwitchOptions, type SwitchResult } from './switch.ts'
import { requireValid } from './validate.ts'

export type ImportOptions = SwitchOptions & { holdout?: string }

type Imported = {
  outcome: SwitchResult['outcome'] | 'registered' | 'updated'
  difference?: SwitchResult['difference']
}

/**
 * Take a bundle folder in: as a new competition, as other words for one that is there, or as its new holdout and public part with every
 * submission scored again before the board changes.
 *
 * Files are stored complete and under names that never mean anything else; only then does a row name them. Repeating it changes nothing.
 */
export async function importBundle(folder: string, options: ImportOptions): Promise<void> {
  const inspected = await requireValid(folder, options.holdout)
  await using _lock = await lockCompetitions()
  await using db = openDatabase()
  const { slug } = inspected.bundle.manifest
  const row = await findRow(db, slug)
  if (row) await assertSameKind(db, row, inspected.bundle)
  const facts = await placeHoldout(inspected, row)
  const bundle_version = await storeBundle(PUBLIC_BUNDLES, slug, inspected.files)
  const seed = seedOf(inspected.bundle, facts, new Date())
  const { outcome, difference } = row
    ? await change(db, row, seed, bundle_version, options)
    : await register(db, seed, bundle_version, options)
  const version = facts.manifest.split_version
  if (options.json) {
    say({ slug, outcome, evaluation_split_version: version, bundle_version, difference })
    return
  }
  const said: Record<Imported['outcome'], string> = {
    registered: `is open for submissions, on the holdout ${version} (${facts.manifest.kind}).`,
    updated: 'has the new texts and settings; its holdout and its board are the same.',
    switched: `is on the holdout ${version} now, and so is every score.`,
    unchanged: 'is this bundle on this holdout already; nothing was changed.',
    dry_run: 'was not changed.',
  }
  process.stdout.write(`${slug} ${said[outcome]}\n`)
}

/** What a board with submissions can never change: then it would be another competition. */
async function assertSameKind(
  db: Kysely<DB>,
  row: CompetitionRow,
  { manifest }: Bundle,
): Promise<void> {
  const isSame =
    manifest.metric === row.metric && manifest.higher_is_better === row.higher_is_better
  if (isSame) return
  const submission = await db
    .selectFrom('submissions')
    .select('id')
    .where('competition_id', '=', row.id)
    .limit(1)
    .executeTakeFirst()
  if (!submission) return
  throw new Failure(
    `${row.slug} has submissions for ${row.metric} (${row.higher_is_better ? 'higher' : 'lower'} is better); the bundle wants another metric or direction.`,
    'Give the bundle a slug of its own: it is another competition.',
  )
}

/** The labels that come with the bundle, or those in use where they fit, or a demo for a new competition. */
async function placeHoldout(
  { bundle, labels }: InspectedBundle,
  row: CompetitionRow | undefined,
): Promise<HoldoutFacts> {
  const secretSeed = ensureHoldoutSeed(HOLDOUT_SEED_FILE)
  const { slug } = bundle.manifest
  try {
    if (labels) {
      const manifest = describeHoldout(bundle, labels, secretSeed)
      return await storeHoldout(HIDDEN_HOLDOUTS, manifest, labels, WORKER_GID)
    }
    if (row) {
      const catalogue = createBundleCatalogue({ installedRoot: PUBLIC_BUNDLES })
      const before = await catalogue.find(row)
      if (before && fits(before, bundle)) {
        return await readHoldoutFacts(HIDDEN_HOLDOUTS, slug, row.evaluation_split_version)
      }
      throw new Failure(
        `The bundle asks for other ids, columns or labels than ${slug} does now, and has no holdout of its own.`,
        'Name its labels with --holdout.',
      )
    }
    const where = { hiddenRoot: HIDDEN_HOLDOUTS, secretSeed, readerGid: WORKER_GID }
    const demo = await ensureDemoHoldout(bundle, where)
    if (demo) return demo
  } catch (error) {
    if (!(error instanceof HoldoutError)) throw error
    throw new Failure(error.message, 'Nothing was changed.', { cause: error })
  }
  throw new Failure(
    `${slug} is new, and its bundle has neither a holdout nor a recipe for a demo.`,
    'Put holdout_labels.csv into the folder, or name the labels with --holdout.',
  )
}

function fits(before: Bundle, after: Bundle): boolean {
  const facts = ({ manifest, spec, idsSha256 }: Bundle) =>
    JSON.stringify([manifest.metric_version, spec, idsSha256])
  return facts(before) === facts(after)
}

async function register(
  db: Kysely<DB>,
  seed: CompetitionSeed,
  bundle_version: string,
  { dryRun }: ImportOptions,
): Promise<Imported> {
  if (dryRun) return { outcome: 'dry_run' }
  await db.transaction().execute(async (tx) => {
    const dataset_id = await saveDataset(tx, seed.dataset)
    const row = { ...seed.competition, dataset_id, bundle_version }
    await tx.insertInto('competitions').values(row).execute()
    await recordAudit(tx, {
      actorUserId: null,
      action: 'competition.import',
      subject: row.id,
      detail: { slug: row.slug, to: row.evaluation_split_version, bundle_version },
      at: new Date(),
    })
  })
  return { outcome: 'registered' }
}

async function change(
  db: Kysely<DB>,
  row: CompetitionRow,
  { dataset, competition }: CompetitionSeed,
  bundle_version: string,
  options: ImportOptions,
): Promise<Imported> {
  const { id: _id, created_at: _at, dataset_id: _dataset, ...facts } = competition
  const { evaluation_split_version, manifest_sha256, metric_version } = facts
  const isSameHoldout =
    row.evaluation_split_version === evaluation_split_version &&
    row.manifest_sha256 === manifest_sha256 &&
    row.metric_version === metric_version
  if (isSameHoldout && row.bundle_version === bundle_version) return { outcome: 'unchanged' }
  if (isSameHoldout) {
    if (options.dryRun) return { outcome: 'dry_run' }
    await db.transaction().execute(async (tx) => {
      const dataset_id = await saveDataset(tx, dataset)
      await tx
        .updateTable('competitions')
        .set({ ...facts, dataset_id, bundle_version })
        .where('id', '=', row.id)
        .execute()
      await recordAudit(tx, {
        actorUserId: null,
        action: 'competition.update',
        subject: row.id,
        detail: { slug: row.slug, bundle_version },
        at: new Date(),
      })
    })
    return { outcome: 'updated' }
  }
  const dataset_id = options.dryRun ? row.dataset_id : await saveDataset(db, dataset)
  return replaceBoard(db, {
    row,
    target: { bundle_version, metric_version, evaluation_split_version, manifest_sha256 },
    competition: { ...facts, dataset_id },
    notice: `The holdout was changed to ${evaluation_split_version}, and all submissions were scored again on it.`,
    action: 'competition.import',
    options,
  })
}
