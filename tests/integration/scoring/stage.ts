import type { Scorer, ScoringJob, ScoringOutcome } from '@medforge/api/scoring/job.ts'
import { gatherSubmissions, newId, openRescore } from '@medforge/core'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { titanicCsv } from '../competitions/site.ts'

export const GOOD = titanicCsv()

/** A scorer whose outcomes the test hands out one by one. */
export function scriptedScorer(outcomes: ScoringOutcome[] = []) {
  const jobs: ScoringJob[] = []
  let waiting: ((outcome: ScoringOutcome) => void) | null = null
  const scorer: Scorer = {
    score(job) {
      jobs.push(job)
      const next = outcomes.shift()
      if (next) return Promise.resolve(next)
      return new Promise((resolve) => {
        waiting = resolve
      })
    },
    async close() {
      waiting?.({ kind: 'interrupted' })
    },
  }
  return { scorer, jobs, finish: (outcome: ScoringOutcome) => waiting?.(outcome) }
}

export const scored = (value: number): ScoringOutcome => ({
  kind: 'scored',
  result: { primary_score: value, score_components: { accuracy: value } },
})
export const fault: ScoringOutcome = { kind: 'fault', reason: 'the disk is on fire' }

export async function scoresOf(db: Kysely<DB>, submissionId: string) {
  return db
    .selectFrom('submission_scores')
    .selectAll()
    .where('submission_id', '=', submissionId)
    .orderBy('created_at')
    .execute()
}

/** As many submissions more as if the same file had been sent again and again, in this order. @returns their ids */
export async function copySubmission(
  db: Kysely<DB>,
  submissionId: string,
  count: number,
): Promise<string[]> {
  const row = await db
    .selectFrom('submissions')
    .selectAll()
    .where('id', '=', submissionId)
    .executeTakeFirstOrThrow()
  const copies = Array.from({ length: count }, () => {
    const id = newId()
    return { ...row, id, stored_name: `${id}.csv` }
  })
  await db.insertInto('submissions').values(copies).execute()
  return copies.map(({ id }) => id)
}

/** An open re-score of a competition with everything that is in it; towards its own holdout unless given another. */
export async function openRun(
  db: Kysely<DB>,
  { slug, at, manifest_sha256 }: { slug: string; at: Date; manifest_sha256?: string },
) {
  const { id, ...own } = await db
    .selectFrom('competitions')
    .select([
      'id',
      'bundle_version',
      'metric_version',
      'evaluation_split_version',
      'manifest_sha256',
    ])
    .where('slug', '=', slug)
    .executeTakeFirstOrThrow()
  const target = { ...own, ...(manifest_sha256 === undefined ? {} : { manifest_sha256 }) }
  const run = await openRescore(db, id, target, at)
  await gatherSubmissions(db, run)
  return { run, target }
}
