import { setTimeout as sleep } from 'node:timers/promises'
import type { Failpoint } from '../../lib/failpoints.ts'
import type { ReadinessProbe } from '../runtime/readiness.ts'
import type { SessionWork } from './session-work.ts'

// The IDE needs 0.5 s to come up; asking more often than this costs the CPU it starts on.
const PROBE_PAUSE_MS = 20
// Row and container are observed again this often, so that a stop or a death whose announcement was lost is noticed.
const WAIT_MAX_MS = 1_000

/**
 * Wait for the IDE's first answer, for a short while.
 *
 * @param superseded  ends the wait: something happened to the session
 * @returns false: not ready yet, observe again
 */
export async function awaitReady(
  { readiness, failpoint }: { readiness: ReadinessProbe; failpoint: Failpoint },
  { row }: SessionWork,
  superseded: AbortSignal,
): Promise<boolean> {
  const untilMs = performance.now() + WAIT_MAX_MS
  while (!superseded.aborted && performance.now() < untilMs) {
    if (await readiness.isReady(row.slug, superseded)) {
      await failpoint('c7.healthy')
      return true
    }
    await sleep(PROBE_PAUSE_MS, undefined, { signal: superseded }).catch(() => {})
  }
  return false
}
