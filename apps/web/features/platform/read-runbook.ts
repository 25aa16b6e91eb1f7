import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The runbook of this version, as Markdown; null where this server was built without it. */
export async function readRunbook(): Promise<string | null> {
  try {
    return await readFile(join(process.cwd(), '../../docs/runbook.md'), 'utf8')
  } catch {
    return null
  }
}
