/**
 * Every message that MedForge's parts exchange: schemas, statuses, names and the problem catalogue.
 * Safe in a browser; imports nothing of ours. The picture is docs/architecture.md, the meaning docs/glossary.md.
 */
export * from './admin.ts'
export * from './competitions.ts'
export * from './cookie-values.ts'
export * from './envelope.ts'
export * from './identity.ts'
export * from './leaderboards.ts'
export * from './platform.ts'
export * from './primitives.ts'
export * from './problems.ts'
export * from './sessions.ts'
