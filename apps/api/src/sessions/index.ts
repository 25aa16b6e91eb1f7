/**
 * Owns sessions: who may launch, what the host has to do for it, who may enter. Never touches Docker or ZFS from the server process:
 * that is the reconciler's. The picture is docs/sessions.md.
 */
export { createDocker } from './docker/client.ts'
export { freeGpus, usableGpus } from './gpus/free.ts'
export { listGpus } from './gpus/map.ts'
export { wishGpu } from './gpus/wish.ts'
export { readHealth } from './heartbeat.ts'
export { createReconcilerHost } from './host.ts'
export type { IpcEndpoint } from './ipc.ts'
export {
  openReconciler,
  type ReconcilerHost,
  type ReconcilerProcess,
} from './open-reconciler.ts'
export { openSessions, type Sessions, type SessionsDeps } from './open-sessions.ts'
export { countActive } from './repository.ts'
export { toSession } from './view.ts'
