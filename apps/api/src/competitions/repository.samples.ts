import type { SqlSamples } from '@medforge/db'
import type * as repository from './repository.ts'

const AT = new Date(0)
const CONTESTANT = { userId: 'u', competitionId: 'c' }
const FIRST = { limit: 50, after: null }
const NEXT = { limit: 50, after: { created_at: 't', id: 's' } }
const UUID = '00000000-0000-4000-8000-000000000000'

export const samples: SqlSamples<typeof repository> = {
  listSubmissions: { 'first page': [CONTESTANT, FIRST], 'next page': [CONTESTANT, NEXT] },
  findSubmission: ['s'],
  findSubmissionFile: ['c', 's'],
  saveNote: ['s', 'n'],
  findSettledSubmissions: [['s', 't']],
  searchSubmissions: {
    'first page': [{}, FIRST],
    'by a part of a name, next page': [{ q: 'ada' }, NEXT],
    'by id': [{ q: UUID }, FIRST],
    'excluded ones of a person in a competition': [
      { competition: 'a', user: 'u', status: 'excluded' },
      FIRST,
    ],
  },
  findSubmissionRules: ['c'],
  countToday: [CONTESTANT, AT],
  findByIdempotencyKey: [CONTESTANT, 'k'],
  freeIdempotencyKey: ['s'],
  insertSubmission: [
    {
      id: 's',
      competition_id: 'c',
      user_id: 'u',
      filename: 'f',
      stored_name: 'n',
      sha256: Buffer.alloc(32),
      size_bytes: 1,
      note: null,
      utc_day: 'd',
      idempotency_key: null,
      request_id: 'r',
      created_at: 't',
    },
  ],
  lockScoreStatus: ['s'],
  isScoreCurrent: ['s'],
  requeue: ['s'],
  findStoredNames: [['n', 'm']],
}
