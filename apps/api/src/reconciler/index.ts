/**
 * Owns what happens on the host: containers, workspaces, GPUs, firewall and sockets, in a process that listens on nothing. It makes the
 * host agree with the rows and the rows agree with the host. The picture is docs/sessions.md.
 */
export { createDocker } from './docker/client.ts'
export { removeLeftHelpers } from './docker/helper.ts'
export { createGpuWatch } from './gpus/check.ts'
export { createSmiHelper, isSmiHelper } from './gpus/helper.ts'
export { createNvidiaInventory } from './gpus/nvidia.ts'
export {
  connectionsCheck,
  firewallCheck,
  imageCheck,
  networkCheck,
  poolCheck,
  portsCheck,
} from './host/checks.ts'
export { createFirewall } from './network/firewall.ts'
export { createEdgeFlows } from './network/flows.ts'
export { createPortGuard } from './network/ports.ts'
export { type ReconcilerHost, type ReconcilerProcess, runReconciler } from './run-reconciler.ts'
export { createCaddyProbe, whenIsolated } from './runtime/readiness.ts'
