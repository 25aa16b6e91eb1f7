import { linkDirectly, openMemoryDatabase } from './connect.ts'
import { describeSessionDatabase } from './database.contract.ts'
import { createEngine } from './engine.ts'

describeSessionDatabase('the database in memory', async () => {
  const engine = createEngine()
  return openMemoryDatabase(() => linkDirectly(engine.connect()))
})
