import type { SqlSamples } from '@medforge/db'
import type * as boardDifference from './board-difference.ts'
import { RUN } from './rescore.samples.ts'

export const samples: SqlSamples<typeof boardDifference> = {
  readBoardDifference: [RUN],
}
