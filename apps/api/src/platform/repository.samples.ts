import type { SqlSamples } from '@medforge/db'
import type * as repository from './repository.ts'

const FIRST = { limit: 50, after: null }

export const samples: SqlSamples<typeof repository> = {
  readOccupancy: [],
  countSessions: [],
  readQueue: [{ failedSince: new Date(0) }],
  countUsers: [],
  readDatabaseVersions: [],
  listCompetitionVersions: [],
  listAuditEvents: {
    'first page': [{}, FIRST],
    'next page, of what somebody did to a subject': [
      { action: 'a', subject: 's', actor_user_id: 'u' },
      { limit: 50, after: { id: 1 } },
    ],
  },
}
