import type { Scorer, ScoringJob, ScoringOutcome } from '@medforge/api/scoring/job.ts'
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
