import type { Logger } from './logger.ts'

/**
 * Aborts when this process is asked to end: SIGTERM, SIGINT, or the parent that forked it is gone. Asked twice, the process is left to
 * the default of the second signal, which ends it at once.
 */
export function shutdownSignal(logger: Logger): AbortSignal {
  const controller = new AbortController()
  const stop = (reason: string) => {
    if (controller.signal.aborted) return
    logger.info({ reason }, 'process.stopping')
    controller.abort()
  }
  process.once('SIGTERM', () => stop('SIGTERM'))
  process.once('SIGINT', () => stop('SIGINT'))
  if (process.send) process.once('disconnect', () => stop('the supervisor is gone'))
  return controller.signal
}

/** Resolves once the signal has aborted. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  else signal.addEventListener('abort', () => resolve(), { once: true })
  return promise
}
