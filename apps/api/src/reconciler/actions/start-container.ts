import type { AssertFit } from '../gpus/check.ts'
import type { HostState } from '../host/state.ts'
import { HostAwayError } from '../host-error.ts'
import type { SessionWorkRow } from '../repository.ts'
import type { ContainerSpec, SessionRuntime } from '../runtime/port.ts'
import type { SessionWork } from './session-work.ts'

/** @returns the container's id; null when somebody else changed the session first, so that nothing was started */
export async function startContainer(
  {
    runtime,
    host,
    assertGpuFit,
  }: { runtime: SessionRuntime; host: Pick<HostState, 'startBlocker'>; assertGpuFit: AssertFit },
  { row, observation, record, signal }: SessionWork,
  workspacePath: string,
): Promise<string | null> {
  const blocker = host.startBlocker()
  if (blocker) throw new HostAwayError(blocker.text)
  // With a container there, what is on the GPU may be this session's own.
  if (observation.container.kind === 'absent') await assertGpuFit(row, signal)
  // Whoever reads the row from here on sees the container; whoever ended the session before has changed the row, and nothing is started.
  let isUnchanged = true
  const confirm = async () => {
    isUnchanged = await record.confirm()
    if (!isUnchanged) throw new Error('The session was changed by somebody else.')
  }
  try {
    const containerId = await runtime.start(specOf(row, workspacePath), signal, confirm)
    record.finishStep('container', { container_id: containerId })
    return containerId
  } catch (error) {
    if (isUnchanged) throw error
    return null
  }
}

function specOf(row: SessionWorkRow, workspacePath: string): ContainerSpec {
  const { id: sessionId, user_id: userId, slug, tier, image } = row
  const gpu = { id: row.gpu_id, uuid: row.gpu_uuid }
  return { sessionId, userId, slug, tier, image, gpu, workspacePath, limits: limitsOf(row) }
}

function limitsOf(row: SessionWorkRow): ContainerSpec['limits'] {
  const { cpu_limit: cpus, memory_limit_bytes: memoryBytes, shm_limit_bytes: shmBytes } = row
  return {
    ...(cpus === null ? {} : { cpus }),
    ...(memoryBytes === null ? {} : { memoryBytes }),
    ...(shmBytes === null ? {} : { shmBytes }),
  }
}
