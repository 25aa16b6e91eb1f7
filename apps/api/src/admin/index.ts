/**
 * Owns what administrators see of the whole installation and may change in it: accounts, GPUs, sessions, the queue, the audit log.
 * What belongs to one competition is the competitions' own. Every change leaves an audit row in its own transaction.
 */
export type { AdminDeps } from './deps.ts'
export { adminRoutes } from './routes.ts'
