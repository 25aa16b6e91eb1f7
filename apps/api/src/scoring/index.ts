/**
 * Owns the queue of submissions and their scoring, in the worker's process: claims with leases, scores in threads that may die, publishes
 * in one transaction. Listens on nothing; the database is its only way to the rest. The picture is docs/competitions.md.
 */
export { lockPerson, refreshEntry } from './board.ts'
export { watchBoards } from './board-watch.ts'
export { listWorkers } from './presence.ts'
export { NEAR_ROWS_MAX } from './probing.ts'
export { createThreadScorer } from './scorer.ts'
export { waitsForHoldout } from './waiting.ts'
export { createScoringWorker, type ScoringWorker } from './worker.ts'
