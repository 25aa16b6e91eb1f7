import type { SqlSamples } from '@medforge/db'
import type * as board from './board.ts'

export const samples: SqlSamples<typeof board> = {
  lockPerson: ['u'],
  refreshEntry: {
    'of somebody with a score': ['c', { userId: 'u', evaluationSplitVersion: 'v' }],
    'of somebody without one': {
      args: ['c', { userId: 'u', evaluationSplitVersion: 'v' }],
      rows: [[{ higher_is_better: false }], []],
    },
  },
  rebuildBoard: ['c'],
  listBoards: [],
  countWrongEntries: ['c'],
}
