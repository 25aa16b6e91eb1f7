/**
 * Owns competitions, data sets, submissions and leaderboards as people see them. Never scores and cannot read a holdout: it puts rows
 * into the queue, and `scoring/` in the worker's process takes them out. The picture is docs/competitions.md.
 */

export { longestUploadMs } from './upload-times.ts'
export { type CompetitionsDeps, competitionRoutes } from './wiring.ts'
