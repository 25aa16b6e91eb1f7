import type { DatasetDetail } from '@medforge/contracts'
import { cache } from 'react'
import type { Attempt } from '../../lib/api/attempt.ts'
import { readOrNotFound } from '../../lib/api/read-or-not-found.ts'
import { serverClient } from '../../lib/api/server.ts'

/** Read once a request, by page and title. */
export const readDataset = cache(async (slug: string): Promise<Attempt<DatasetDetail>> => {
  const client = await serverClient()
  return readOrNotFound(() => client.getDataset(slug))
})
