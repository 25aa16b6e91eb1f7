import { createPoolFiles, type PoolFiles } from '@medforge/core/pool-files'
import { DB_DATA, POOL, POOL_MOUNT, WORKSPACES } from '../names.ts'
import { run } from '../process.ts'

/** Whether `zpool` gets an answer; with the user-space kind that means that its daemon runs. */
export async function zfsAnswers(): Promise<boolean> {
  return (await run('zpool', ['list', '-H', '-o', 'name'], { timeoutMs: 10_000 })).ok
}

/** The pool's health (`ONLINE`, `DEGRADED`, …), or undefined where no pool of that name is imported. */
export async function poolHealth(): Promise<string | undefined> {
  const list = await run('zpool', ['list', '-H', '-o', 'health', POOL])
  return list.ok ? list.stdout.trim() : undefined
}

const PATHS = [POOL_MOUNT, `/${WORKSPACES}`, DB_DATA]

/** Whether the pool's file systems answer within a time limit. Its commands may answer all the same, and say that all is well. */
export function askPoolFiles(limitMs = 5_000): Promise<PoolFiles> {
  return createPoolFiles(PATHS, { limitMs })()
}
