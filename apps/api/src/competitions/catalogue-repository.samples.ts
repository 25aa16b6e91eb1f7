import type { SqlSamples } from '@medforge/db'
import type * as repository from './catalogue-repository.ts'

const FIRST = { limit: 50, after: null }
const NEXT = { limit: 50, after: { slug: 'a' } }

export const samples: SqlSamples<typeof repository> = {
  listCompetitions: { 'first page': [FIRST], 'next page': [NEXT] },
  findCompetition: ['a'],
  describeCompetition: ['a'],
  listDatasets: { 'first page': [FIRST], 'next page': [NEXT] },
  describeDataset: ['a'],
}
