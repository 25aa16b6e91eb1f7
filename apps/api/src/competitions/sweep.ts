import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { findStoredNames } from './repository.ts'
import type { SubmissionStore } from './submission-store.ts'

// Far longer than any upload and its transaction take.
const ABANDONED_AFTER_MS = 3_600_000
const BATCH = 500

export type SweepDeps = { db: Kysely<DB>; store: SubmissionStore; clock: Clock; logger: Logger }

/**
 * Remove files that a crash left without a row: what was still being received, and what was kept but never committed. A row without its
 * file cannot come about, because the file is durable before the row is.
 */
export async function sweepAbandonedFiles(deps: SweepDeps): Promise<number> {
  const { db, store, clock, logger } = deps
  const before = new Date(clock.now().getTime() - ABANDONED_AFTER_MS)
  const { kept, incoming } = await store.listOlderThan(before)
  for (const name of incoming) await store.removeIncoming(name)
  let removed = incoming.length
  for (let at = 0; at < kept.length; at += BATCH) {
    const names = kept.slice(at, at + BATCH)
    const known = await findStoredNames(db, names)
    for (const name of names.filter((each) => !known.has(each))) {
      if (await store.remove(name)) removed += 1
    }
  }
  if (removed > 0) logger.info({ removed }, 'submission.files_swept')
  return removed
}
