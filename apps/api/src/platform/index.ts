/**
 * Owns what the platform says about itself: health, free GPUs, and the document of its own API. Decides nothing.
 */
export { readHealthInTime } from './health.ts'
export { documentRoutes, healthRoutes, type PlatformDeps, statusRoutes } from './routes.ts'
export { readOccupancy } from './status.ts'
