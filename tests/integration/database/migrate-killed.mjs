// Migrates the schema that its argument names, in a process of its own, for a test to kill.
import { migrateToLatest } from '@medforge/db'

const steps = await migrateToLatest(process.argv[2])
process.stdout.write(`${steps.length}\n`)
