/**
 * Owns the state of the platform as a whole: health, free GPUs, the overview and the audit log for administrators, and the document of
 * its own API. Decides nothing.
 */
export { platformAdminRoutes } from './admin-routes.ts'
export { documentRoutes } from './document-routes.ts'
export { createHealthReader, readInTime } from './health.ts'
export { healthRoutes, statusRoutes } from './routes.ts'
export { createPlatformService, type PlatformService } from './service.ts'
