import type { Logger } from '../../lib/logger.ts'
import type { Observation } from '../plan.ts'
import type { SessionWorkRow } from '../repository.ts'
import type { SessionRecord } from '../session-record.ts'

/** One session while a plan for it is performed. */
export type SessionWork = {
  /** As it was read before the plan was made; what the plan changes since is in `record`. */
  row: SessionWorkRow
  observation: Observation
  record: SessionRecord
  /** Its lines carry the session's ids. */
  logger: Logger
  /** Shuts the reconciler down; what was begun is finished by the next one. */
  signal: AbortSignal
}
