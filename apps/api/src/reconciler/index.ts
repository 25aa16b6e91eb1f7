/**
 * Owns what happens on the host: containers, workspaces, GPUs, firewall and sockets, in a process that listens on nothing. It makes the
 * host agree with the rows and the rows agree with the host. The picture is docs/sessions.md.
 */
export { createDocker } from './docker/client.ts'
export { createReconcilerHost } from './host.ts'
export {
  openReconciler,
  type ReconcilerHost,
  type ReconcilerProcess,
} from './open-reconciler.ts'
