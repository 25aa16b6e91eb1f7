/**
 * Owns the queues of submissions and re-scores, in the worker's process: claims with leases, scores in threads that may die, publishes
 * in one transaction. Listens on nothing; the database is its only way to the rest. The picture is docs/competitions.md.
 */
export { runBoardFill } from './board-fill.ts'
export { runBoardRepair } from './board-repair.ts'
export { createBoardThread, createThreadScorer } from './scorer.ts'
export { runWantedRescores } from './wanted-rescores.ts'
export { createScoringWorker, type ScoringWorker } from './worker.ts'
