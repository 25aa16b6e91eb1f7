import {
  type Bundle,
  bundleVersionOf,
  type HoldoutFacts,
  seedOf,
  storeBundle,
  WORKER_GID,
} from '@medforge/competitions'
import { type CompetitionSeed, type DB, recordAudit, saveDataset, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'
import { Failure } from '../../failure.ts'
import { HIDDEN_HOLDOUTS, HOLDOUT_SEED_FILE, PUBLIC_BUNDLES } from '../../names.ts'
import { ensureHoldoutSeed } from '../../stack/content.ts'
import { printJson } from '../../terminal/output.ts'
import { type Change, changesOf, describeChanges } from './changes.ts'
import { planHoldout } from './holdout-plan.ts'
import { type CompetitionRow, findRow, lockCompetitions, openDatabase } from './setting.ts'
import { assertNote, replaceBoard, type SwitchOptions, type SwitchResult } from './switch.ts'
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
  assertNote(options)
  const inspected = await requireValid(folder, options.holdout)
  await using _lock = await lockCompetitions()
  await using db = openDatabase()
  const { slug } = inspected.bundle.manifest
  const row = await findRow(db, slug)
  if (row) await assertSameKind(db, row, inspected.bundle)
  const bundle_version = bundleVersionOf(inspected.files)
  const holdout = await planHoldout(inspected, row, {
    installedRoot: PUBLIC_BUNDLES,
    hiddenRoot: HIDDEN_HOLDOUTS,
    secretSeed: ensureHoldoutSeed(HOLDOUT_SEED_FILE),
    readerGid: WORKER_GID,
  })
  const isOther = !(row && holdout.facts && isSameHoldout(row, holdout.facts))
  const changes =
    row && holdout.facts
      ? changesOf(row, seedOf(inspected.bundle, holdout.facts, new Date()).competition)
      : []
  if (!options.json) process.stdout.write(describeChanges(changes))
  // A dry run of a switch needs its files, because the worker has to score with them; any other writes nothing.
  if (options.dryRun && !(row && isOther)) {
    const outcome = row && isNothingNew(row, bundle_version, options) ? 'unchanged' : 'dry_run'
    const manifest = holdout.facts?.manifest ?? null
    reportImport({ outcome }, { slug, bundle_version, changes, holdout: manifest }, options)
    return
  }
  const facts = await holdout.store()
  await storeBundle(PUBLIC_BUNDLES, slug, inspected.files)
  const seed = seedOf(inspected.bundle, facts, new Date())
  const imported = row
    ? await change(db, row, seed, bundle_version, options)
    : await register(db, seed, bundle_version, options)
  reportImport(imported, { slug, bundle_version, changes, holdout: facts.manifest }, options)
}

type ImportedAs = {
  slug: string
  bundle_version: string
  changes: Change[]
  /** Null: a demo that is not made yet. */
  holdout: Pick<HoldoutFacts['manifest'], 'split_version' | 'kind'> | null
}

function reportImport(
  { outcome, difference }: Imported,
  { slug, bundle_version, changes, holdout }: ImportedAs,
  options: ImportOptions,
): void {
  const version = holdout?.split_version ?? null
  if (options.json) {
    printJson({
      slug,
      outcome,
      evaluation_split_version: version,
      bundle_version,
      changes,
      difference,
    })
    return
  }
  const messages: Record<Imported['outcome'], string> = {
    registered: `is open for submissions, on the holdout ${version} (${holdout?.kind}).`,
    updated: 'has the new texts and settings; its holdout and its board are the same.',
    switched: `is on the holdout ${version} now, and so is every score.`,
    unchanged: 'is this bundle on this holdout already; nothing was changed.',
    dry_run: 'was not changed.',
  }
  process.stdout.write(`${slug} ${messages[outcome]}\n`)
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

function isSameHoldout(row: CompetitionRow, { manifest, manifestSha256 }: HoldoutFacts): boolean {
  return (
    row.evaluation_split_version === manifest.split_version &&
    row.manifest_sha256 === manifestSha256 &&
    row.metric_version === manifest.metric_version
  )
}

function isNothingNew(
  row: CompetitionRow,
  bundleVersion: string,
  { note }: ImportOptions,
): boolean {
  return row.bundle_version === bundleVersion && note === undefined
}

/** What everybody reads about it, where the operator says something. */
function noticeOf({ note }: ImportOptions): { notice?: string; notice_at?: string } {
  return note === undefined ? {} : { notice: note, notice_at: toSqlTime(new Date()) }
}

async function register(
  db: Kysely<DB>,
  seed: CompetitionSeed,
  bundle_version: string,
  options: ImportOptions,
): Promise<Imported> {
  await db.transaction().execute(async (tx) => {
    const dataset_id = await saveDataset(tx, seed.dataset)
    const row = { ...seed.competition, dataset_id, bundle_version, ...noticeOf(options) }
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
  const isSame =
    row.evaluation_split_version === evaluation_split_version &&
    row.manifest_sha256 === manifest_sha256 &&
    row.metric_version === metric_version
  if (isSame && isNothingNew(row, bundle_version, options)) return { outcome: 'unchanged' }
  if (isSame) {
    await db.transaction().execute(async (tx) => {
      const dataset_id = await saveDataset(tx, dataset)
      await tx
        .updateTable('competitions')
        .set({ ...facts, dataset_id, bundle_version, ...noticeOf(options) })
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
