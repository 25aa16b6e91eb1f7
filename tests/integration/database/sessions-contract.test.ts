import { openWorkerDatabase, type WorkerDatabase } from '@medforge/test-support'
import { afterAll, beforeAll } from 'vitest'
import { describeSessionDatabase } from '../../simulation/database/database.contract.ts'

let database: WorkerDatabase

beforeAll(async () => {
  database = await openWorkerDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

describeSessionDatabase('MariaDB', async () => {
  await database.empty()
  return database.db
})
