/**
 * Owns what the platform says about itself: health, free GPUs, the overview and the audit log for administrators, and the document of
 * its own API. Decides nothing.
 */
export { auditRoutes } from './audit-routes.ts'
export { readHealthInTime } from './health.ts'
export { overviewRoutes } from './overview-routes.ts'
export { documentRoutes, healthRoutes, type PlatformDeps, statusRoutes } from './routes.ts'
export { readOccupancy } from './status.ts'
