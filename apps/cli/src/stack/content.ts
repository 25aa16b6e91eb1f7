import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { competitionSeeds, ensureCompetitionData } from '@medforge/competitions'
import {
  createDatabase,
  grantTableRights,
  migrateToLatest,
  seedCompetition,
  seedDefaultPack,
  seedGpus,
} from '@medforge/db'
import { Failure } from '../failure.ts'
import { acquireLock } from '../lock.ts'
import { COMPETITION_LOCK_FILE } from '../names.ts'
import type { Progress } from '../terminal/progress.ts'
import { writeSecretFile } from './env-file.ts'

export type ContentOptions = {
  databaseUrl: string
  packImage: string
  publicRoot: string
  hiddenRoot: string
  holdoutSeedFile: string
  progress: Progress
}

/**
 * Bring the database to the newest schema and its users to their rights, and put in what every installation has: the GPUs, the
 * default pack, the competitions with a holdout. Rows that are there keep what an operator made of them.
 *
 * @returns what was done, for the step's line
 */
export async function ensureContent(options: ContentOptions): Promise<string> {
  const { databaseUrl, progress } = options
  // An import writes the same folders.
  await using _lock = await acquireLock(COMPETITION_LOCK_FILE)
  progress.detail('migrating')
  const migrations = await migrateToLatest(databaseUrl).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : ''
    throw new Failure(
      `The database could not be migrated (${error instanceof Error ? error.message : String(error)} ${cause}).`,
      'Read ./medforge logs db; nothing that was there is lost, and running this again goes on where it stopped.',
      { cause: error },
    )
  })
  await using db = createDatabase(databaseUrl, { poolSize: 1 })
  await grantTableRights(db, (user) => ({ name: `medforge_${user}`, host: '%' }))
  progress.detail('competitions')
  const { publicRoot, hiddenRoot } = options
  const log = (sentence: string) => progress.note(sentence)
  const secretSeed = ensureHoldoutSeed(options.holdoutSeedFile)
  await ensureCompetitionData({ publicRoot, hiddenRoot, secretSeed, log })
  progress.detail('seeding')
  await seedGpus(db)
  await seedDefaultPack(db, options.packImage, new Date())
  for (const seed of await competitionSeeds({ publicRoot, hiddenRoot, at: new Date(), log })) {
    const kept = await seedCompetition(db, seed)
    if (kept === null) continue
    const { slug, evaluation_split_version } = seed.competition
    progress.note(
      `${slug} stays on the holdout ${kept}, on which its submissions were scored; a new installation would begin with ${evaluation_split_version}. ./medforge competition import with the labels to use scores everything again, and ./medforge competition rescore does on the same holdout.`,
    )
  }
  return migrations.length > 0 ? `${migrations.length} migrations applied` : 'up to date'
}

/** The secret from which demo holdouts are made; one for the life of the installation. */
export function ensureHoldoutSeed(file: string): string {
  if (!existsSync(file)) writeSecretFile(file, `${randomBytes(32).toString('hex')}\n`)
  return readFileSync(file, 'utf8').trim()
}
