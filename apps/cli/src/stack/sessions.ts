import { randomUUID } from 'node:crypto'
import { requestStopOfAll } from '@medforge/core'
import { createDatabase, isDatabaseAway } from '@medforge/db'
import { readLimits } from '../operations/setting.ts'
import { waitFor } from '../process.ts'
import type { Progress } from '../terminal/progress.ts'
import type { EnvValues } from './env-file.ts'

/**
 * Ask the running platform to end every session in order, snapshots included, and wait until it has.
 *
 * @returns how many ended, and how many still run when the time is up; undefined when the database is away
 */
export async function stopSessions(
  settings: EnvValues,
  progress: Progress,
): Promise<{ ended: number; left: number } | undefined> {
  const limits = readLimits(settings)
  const db = createDatabase(settings.DATABASE_URL ?? '', { poolSize: 1 })
  try {
    const request = { requestId: randomUUID(), limits }
    const ask = () => requestStopOfAll(db, { ...request, at: new Date() })
    const asked = await ask()
    if (asked === 0) return { ended: 0, left: 0 }
    progress.detail(`asked ${asked} to stop`)
    let left = asked
    const isEmpty = async () => {
      left = await ask()
      progress.detail(`${left} of ${asked} still stopping`)
      return left === 0 || undefined
    }
    await waitFor(isEmpty, { timeoutMs: limits.stopTimeoutMs, everyMs: 500 })
    return { ended: asked - left, left }
  } catch (error) {
    if (isDatabaseAway(error)) return undefined
    throw error
  } finally {
    await db.destroy()
  }
}
