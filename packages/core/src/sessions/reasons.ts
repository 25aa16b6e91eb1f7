import type { Reason } from './lifecycle.ts'

/**
 * Every sentence that a session's owner may read as `error_message` or `status_reason`: what happened, and what to do.
 * No path, no stderr, no other person's data.
 */
export const FAILURES = {
  dockerAway: { code: 'docker_away', text: 'Docker does not answer; trying again.' },
  poolAway: { code: 'pool_away', text: 'The storage pool does not answer; trying again.' },
  stopOverdue: {
    code: 'stop_overdue',
    text: 'The container could not be removed in time. Its GPU stays reserved until it is gone; the operator has been told.',
  },
  nameTaken: {
    code: 'name_taken',
    text: "Another container has this session's name. Launch again; tell the operator if it happens twice.",
  },
  removedByOthers: {
    code: 'container_removed',
    text: "The session's container was removed from outside. Your files are kept; launch a new session.",
  },
  outOfMemory: {
    code: 'oom_killed',
    text: 'The session used up its memory and was ended. Your files are kept; launch a new session and work on less data at once.',
  },
  startOverdueDocker: {
    code: 'start_overdue',
    text: 'The container could not be started in time because Docker did not answer. Launch again in a minute.',
  },
  startOverdueReady: {
    code: 'not_ready',
    text: 'The IDE did not answer in time. Launch again; tell the operator if it happens twice.',
  },
  startOverdueHost: {
    code: 'start_overdue',
    text: 'The workspace or the container could not be made in time. Launch again in a minute.',
  },
  ended(exitCode: number | null): Reason {
    return {
      code: 'container_death',
      text: `The session's container ${howEnded(exitCode)}. Your files are kept; launch a new session.`,
    }
  },
} as const satisfies Record<string, Reason | ((exitCode: number | null) => Reason)>

/** In words for the session's owner. Above 128, an exit code is the number of the signal that ended a program, by the shells' custom. */
function howEnded(exitCode: number | null): string {
  if (exitCode === null) return 'ended by itself (no exit code)'
  // SIGKILL is all that Docker knows of it, whoever sent it.
  if (exitCode === 137)
    return 'was killed, by a command in the session or from outside (exit code 137)'
  // Docker's word for a container whose end it did not see; init.sh leaves it to Docker.
  if (exitCode === 255)
    return 'ended because the host or its Docker server went down (exit code 255)'
  if (exitCode > 128) return `was ended by signal ${exitCode - 128} (exit code ${exitCode})`
  return `ended by itself (exit code ${exitCode})`
}

export const REQUESTED: Reason = { code: 'requested', text: 'A stop was requested.' }
export const ALLOCATED: Reason = { code: 'allocated', text: 'A GPU was reserved.' }
export const READY: Reason = { code: 'ready', text: 'The IDE answers.' }
export const STOPPED: Reason = { code: 'requested', text: 'The session was stopped.' }

/** A running session whose GPU is in quarantine because of a fault. */
export const GPU_FAILED: Reason = {
  code: 'gpu_failed',
  text: 'The GPU of this session has a fault. Save your work, stop the session and launch another.',
}

/** A session that ended without the snapshot that it should have. */
export const SNAPSHOT_FAILED: Reason = {
  code: 'snapshot_failed',
  text: 'The snapshot could not be taken. Your files are still on disk; ask the operator.',
}
