import {
  ensurePoolLockFolder,
  POOL_LOCK_BUSY,
  POOL_LOCK_FILE,
  underPoolLock,
} from '@medforge/core/pool-lock'
import { Failure } from '../failure.ts'
import { type Outcome, reasonOf, run } from '../process.ts'

export { POOL_LOCK_FILE }

const WAIT_SECONDS = 30

/**
 * As `run`, for a command that mounts or unmounts datasets: those go one at a time, whoever asks. Its time limit does not count the
 * wait for the others.
 *
 * @throws Failure when somebody else's command does not end
 */
export async function runOnPool(
  program: string,
  args: string[],
  limits: { timeoutMs: number },
): Promise<Outcome> {
  ensurePoolLockFolder()
  const [holder, rest] = underPoolLock([program, ...args], { waitSeconds: WAIT_SECONDS })
  const outcome = await run(holder, rest, { timeoutMs: limits.timeoutMs + WAIT_SECONDS * 1000 })
  if (outcome.exitCode !== POOL_LOCK_BUSY) return outcome
  throw new Failure(
    `Another command has been mounting or unmounting a dataset for ${WAIT_SECONDS} seconds.`,
    `Find it with fuser -v ${POOL_LOCK_FILE}. If the pool's file systems do not answer, ./medforge up heals that.`,
  )
}

/** As `runOrFail`, for a command that mounts or unmounts datasets. @throws Failure as `runOrFail` and `runOnPool` do */
export async function runOnPoolOrFail(
  program: string,
  args: string[],
  failure: { message: string; remedy: string },
  limits: { timeoutMs: number },
): Promise<Outcome> {
  const outcome = await runOnPool(program, args, limits)
  if (outcome.ok) return outcome
  throw new Failure(`${failure.message} (${reasonOf(program, outcome)}).`, failure.remedy)
}
