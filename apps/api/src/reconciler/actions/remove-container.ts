import type { SessionRuntime } from '../runtime/port.ts'
import type { SessionWork } from './session-work.ts'

export async function removeContainer(
  { runtime }: { runtime: SessionRuntime },
  { record, signal }: SessionWork,
  containerId: string,
): Promise<void> {
  await runtime.remove(containerId, signal)
  record.finishStep('container_removed')
}
