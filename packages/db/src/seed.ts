import { DEFAULT_PACK_ID, SEEDED_GPU_IDS } from '@medforge/contracts'
import type { Insertable, Kysely } from 'kysely'
import type { DB } from './schema/index.ts'
import { toSqlTime } from './time.ts'

/** GPUs 0..6, enabled. Rows that exist keep what the operator made of them. */
export async function seedGpus(db: Kysely<DB>): Promise<void> {
  await db
    .insertInto('gpu_devices')
    .ignore()
    .values(SEEDED_GPU_IDS.map((id) => ({ id, enabled: true })))
    .execute()
}

/**
 * The default pack, pointing at the image that the installation runs.
 *
 * @param image  `name@sha256:<64 hex>`
 */
export async function seedDefaultPack(db: Kysely<DB>, image: string, at: Date): Promise<void> {
  const [imageRef, imageDigest] = image.split('@')
  if (!imageRef || !imageDigest) throw new Error('PACK_IMAGE is not pinned by a digest.')
  const pointer = { image_ref: imageRef, image_digest: imageDigest }
  await db
    .insertInto('packs')
    .values({
      id: DEFAULT_PACK_ID,
      name: 'default',
      tier: 'public',
      created_at: toSqlTime(at),
      ...pointer,
    })
    .onDuplicateKeyUpdate(pointer)
    .execute()
}

export type CompetitionSeed = {
  dataset: Insertable<DB['datasets']>
  competition: Insertable<DB['competitions']>
}

/** What its scores are about: a board with submissions never gets another of these but by a re-score. */
const BOARD_COLUMNS = [
  'metric',
  'metric_version',
  'higher_is_better',
  'evaluation_split_version',
  'manifest_sha256',
  'holdout_kind',
  'holdout_rows',
] as const

/**
 * A competition and its data set, found again by slug. What the bundle has wins over what the row had, but the row's
 * id, its status and the time of its creation stay. One that the operator imported stays as it is as a whole, and one with submissions
 * stays on the holdout on which they were scored.
 *
 * @returns the split version that was kept although the bundle would begin with another; null where there is none
 */
export async function seedCompetition(
  db: Kysely<DB>,
  seed: CompetitionSeed,
): Promise<string | null> {
  return db.transaction().execute(async (tx) => {
    const before = await tx
      .selectFrom('competitions')
      .select(['id', 'bundle_version', ...BOARD_COLUMNS])
      .where('slug', '=', seed.competition.slug)
      .forUpdate()
      .executeTakeFirst()
    if (before && before.bundle_version !== null) return null
    const isOther =
      before !== undefined && BOARD_COLUMNS.some((name) => before[name] !== seed.competition[name])
    const isKept = isOther && (await hasSubmissions(tx, before.id))
    const datasetId = await saveDataset(tx, seed.dataset)
    const row = { ...seed.competition, dataset_id: datasetId }
    if (isKept) Object.assign(row, before)
    const { id: _id, created_at: _at, status: _status, ...competition } = row
    await tx.insertInto('competitions').values(row).onDuplicateKeyUpdate(competition).execute()
    return isKept ? before.evaluation_split_version : null
  })
}

async function hasSubmissions(db: Kysely<DB>, competitionId: string): Promise<boolean> {
  const row = await db
    .selectFrom('submissions')
    .select('id')
    .where('competition_id', '=', competitionId)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** A data set, found again by slug. @returns the id of its row */
export async function saveDataset(
  db: Kysely<DB>,
  dataset: Insertable<DB['datasets']>,
): Promise<string> {
  const { id: _id, created_at: _at, ...facts } = dataset
  await db.insertInto('datasets').values(dataset).onDuplicateKeyUpdate(facts).execute()
  const { id } = await db
    .selectFrom('datasets')
    .select('id')
    .where('slug', '=', dataset.slug)
    .executeTakeFirstOrThrow()
  return id
}
