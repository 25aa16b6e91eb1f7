import type { SqlSamples } from '@medforge/db'
import { RUN } from './rescore.samples.ts'
import type * as wanted from './wanted-rescore.ts'

const AT = new Date(0)

export const samples: SqlSamples<typeof wanted> = {
  listWantedRuns: [],
  carryOutRescore: {
    'to compare': [{ ...RUN, wanted: 'compare' }, AT],
    'to switch, while files are left': {
      args: [{ ...RUN, wanted: 'switch' }, AT],
      rows: [[{ state: 'queued', count: 1, reason: null }], []],
    },
  },
}
