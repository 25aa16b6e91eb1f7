/**
 * Owns sessions as people ask for and see them: who may launch, who may enter. Writes what is asked for; what is done about it on the
 * host is the reconciler's. The picture is docs/sessions.md.
 */

export { type AccessMemory, createAccessMemory, type SetTimer } from './access-memory.ts'
export { countActive, readAccess, readAccessEpoch } from './repository.ts'
export { openSessions, type Sessions, type SessionsDeps } from './wiring.ts'
