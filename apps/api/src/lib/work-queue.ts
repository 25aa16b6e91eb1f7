/** What became of a key: nothing is left to do, or it is processed again after so many milliseconds (0: at once). */
export type WorkResult = { kind: 'done' } | { kind: 'requeue'; afterMs: number }

export type WorkItem<Cause> = {
  key: string
  /** Why the key was added last; a retry keeps the cause of the attempt before. */
  cause: Cause
  /** Aborts when the key is added again or the queue shuts down: waiting for anything has no purpose then. */
  superseded: AbortSignal
}

export type WorkQueueOptions<Cause> = {
  /** One attempt at a key. A rejection is logged by the worker and retried after `backoffMs`. */
  process(item: WorkItem<Cause>): Promise<WorkResult>
  /** Pause before the next attempt, when this many before the last one failed in a row. */
  backoffMs(failures: number): number
  /** Shuts the queue down: nothing is processed from then on, and delayed keys are dropped. */
  signal: AbortSignal
  /** Milliseconds on a clock that is never set. */
  monotonicMs?: () => number
  /** Calls back after so many milliseconds unless cancelled. */
  setTimer?: (ms: number, callback: () => void) => () => void
}

export interface WorkQueue<Cause> {
  /** Process this key now, whatever delay it is in; while it is processed, once more afterwards. */
  add(key: string, cause: Cause): void
  /** Process this key after so many milliseconds; of several times for one key the earliest counts. */
  addAfter(key: string, ms: number, cause: Cause): void
  /** Process every delayed key now: what they waited for may be over. */
  promoteDelayed(cause: Cause): void
  isProcessing(key: string): boolean
  /** Resolves once nothing is processed; delayed keys do not count. */
  idle(): Promise<void>
}

type Attempt<Cause> = {
  cause: Cause
  controller: AbortController
  /** The key was added again during this attempt. */
  readded: { cause: Cause } | null
  /** How many attempts before this one asked for another at once. */
  requeues: number
  done: Promise<void>
}

// A worker that asks for another attempt at once and gets nowhere is a bug; it may not become a busy loop.
const IMMEDIATE_REQUEUES_MAX = 50

/**
 * Keyed work in the way of Kubernetes' work queues: at most one worker a key, all keys beside each other, additions merged, failures
 * retried with a back-off of each key's own. It remembers nothing across restarts: whoever adds keys can find them again.
 */
export function createWorkQueue<Cause>(options: WorkQueueOptions<Cause>): WorkQueue<Cause> {
  const { process, backoffMs, signal } = options
  const { monotonicMs = () => performance.now(), setTimer = startTimer } = options
  const processing = new Map<string, Attempt<Cause>>()
  const delayed = new Map<string, { dueMs: number; cancel: () => void }>()
  const failures = new Map<string, number>()

  function add(key: string, cause: Cause): void {
    if (signal.aborted) return
    cancelDelay(key)
    const attempt = processing.get(key)
    if (attempt) {
      attempt.readded = { cause }
      attempt.controller.abort()
    } else start(key, cause)
  }

  function addAfter(key: string, ms: number, cause: Cause): void {
    if (signal.aborted) return
    const dueMs = monotonicMs() + ms
    const earlier = delayed.get(key)
    if (ms <= 0) add(key, cause)
    else if (!earlier || dueMs < earlier.dueMs) {
      cancelDelay(key)
      delayed.set(key, { dueMs, cancel: setTimer(ms, () => add(key, cause)) })
    }
  }

  function cancelDelay(key: string): void {
    delayed.get(key)?.cancel()
    delayed.delete(key)
  }

  function start(key: string, cause: Cause, requeues = 0): void {
    const controller = new AbortController()
    const attempt = { cause, controller, readded: null, requeues, done: Promise.resolve() }
    processing.set(key, attempt)
    attempt.done = run(key, attempt)
  }

  async function run(key: string, attempt: Attempt<Cause>): Promise<void> {
    const result = await settle(key, attempt)
    // No await from here on: an addition is either seen below or starts an attempt of its own.
    processing.delete(key)
    if (signal.aborted) return
    if (attempt.readded) start(key, attempt.readded.cause)
    else if (result.kind === 'requeue') requeue(key, attempt, result.afterMs)
  }

  function requeue(key: string, { cause, requeues }: Attempt<Cause>, afterMs: number): void {
    if (afterMs > 0) addAfter(key, afterMs, cause)
    else if (requeues + 1 < IMMEDIATE_REQUEUES_MAX) start(key, cause, requeues + 1)
    else addAfter(key, backoffMs(0), cause)
  }

  async function settle(key: string, { cause, controller }: Attempt<Cause>): Promise<WorkResult> {
    const superseded = AbortSignal.any([controller.signal, signal])
    try {
      const result = await process({ key, cause, superseded })
      failures.delete(key)
      return result
    } catch {
      const before = failures.get(key) ?? 0
      failures.set(key, before + 1)
      return { kind: 'requeue', afterMs: backoffMs(before) }
    }
  }

  signal.addEventListener('abort', () => {
    for (const key of [...delayed.keys()]) cancelDelay(key)
  })

  return {
    add,
    addAfter,
    promoteDelayed(cause) {
      for (const key of [...delayed.keys()]) add(key, cause)
    },
    isProcessing: (key) => processing.has(key),
    async idle() {
      while (processing.size > 0) {
        await Promise.all([...processing.values()].map(({ done }) => done))
      }
    },
  }
}

function startTimer(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
}
