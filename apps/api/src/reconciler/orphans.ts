import { sessionContainerName } from '@medforge/contracts'
import type { ActiveRow } from '@medforge/core'
import type { Logger } from '../lib/logger.ts'
import type { ListedContainer, SessionRuntime } from './runtime/port.ts'

/** Removes containers with our labels and no active row. */
export interface OrphanRemover {
  /**
   * Start to remove what this listing and the one before agree about; does not wait for it.
   *
   * @param rows  every active session, read after the containers were listed: a container is made after its row
   */
  check(containers: readonly ListedContainer[], rows: readonly ActiveRow[]): void
  /** Resolves once no removal is in progress. */
  idle(): Promise<void>
}

export function createOrphanRemover({
  runtime,
  logger,
  signal,
}: {
  runtime: SessionRuntime
  logger: Logger
  signal: AbortSignal
}): OrphanRemover {
  let suspects = new Set<string>()
  const removals = new Map<string, Promise<void>>()

  async function remove({ id, name, sessionId }: ListedContainer): Promise<void> {
    const context = { session_id: sessionId, container: name, container_id: id }
    logger.warn({ ...context, decision: ['remove-orphan'] }, 'session.recovery.decision')
    try {
      await runtime.remove(id, signal)
    } catch (error) {
      logger.error({ ...context, err: error }, 'session.recovery.failure')
    }
    removals.delete(id)
  }

  return {
    check(containers, rows) {
      const names = new Map(rows.map((row) => [row.id, sessionContainerName(row.slug)]))
      const orphans = containers.filter(
        ({ sessionId, name }) => sessionId === null || names.get(sessionId) !== name,
      )
      const confirmed = orphans.filter(({ id }) => suspects.has(id) && !removals.has(id))
      suspects = new Set(orphans.map(({ id }) => id))
      for (const orphan of confirmed) removals.set(orphan.id, remove(orphan))
    },
    async idle() {
      await Promise.all(removals.values())
    },
  }
}
