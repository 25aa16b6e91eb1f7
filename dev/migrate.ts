import { migrateToLatest } from '@medforge/db'
import { readDevDatabaseUrl } from './database.ts'

// npm run db:migrate, beside npm run dev.
const steps = await migrateToLatest(readDevDatabaseUrl())
process.stdout.write(steps.length === 0 ? 'The schema is up to date.\n' : `${steps.join('\n')}\n`)
