import type { SqlSamples } from '@medforge/db'
import type * as publish from './publish.ts'
import { CLAIM } from './queue.samples.ts'

export const samples: SqlSamples<typeof publish> = {
  publishScore: [CLAIM, { primary_score: 1, score_components: {} }, new Date(0)],
}
