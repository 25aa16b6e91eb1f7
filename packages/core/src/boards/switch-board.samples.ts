import type { SqlSamples } from '@medforge/db'
import { RUN } from './rescore.samples.ts'
import type * as switching from './switch-board.ts'

export const samples: SqlSamples<typeof switching> = {
  switchBoard: {
    args: [
      RUN,
      {
        competition: { title: 'a title' },
        notice: 'a notice',
        at: new Date(0),
        audit: { actorUserId: null, action: 'competition.import', subject: 'c' },
        from: RUN,
      },
    ],
    rows: [
      [{ evaluation_split_version: RUN.evaluation_split_version, manifest_sha256: 'x' }],
      [{ status: 'open' }],
      [],
    ],
  },
}
