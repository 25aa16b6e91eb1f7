import { Worker } from 'node:worker_threads'
import type { ComputeOptions } from './compute.ts'
import type { Scorer, ScoringOutcome } from './job.ts'

export type ThreadLimits = {
  timeMs: number
  /** Of the thread's heap. Files are read in pieces, so a file of the largest size needs a tenth of this. */
  memoryMb: number
}

const LIMITS: ThreadLimits = { timeMs: 30_000, memoryMb: 512 }

/**
 * A scorer in a thread of its own, with a limit on time and memory. A file that makes it hang or grow ends the thread, which is a fault of
 * that one job; the next job gets a new thread.
 */
export function createThreadScorer(
  options: ComputeOptions,
  limits: ThreadLimits = LIMITS,
  entry: URL = new URL('./scorer-thread.ts', import.meta.url),
): Scorer {
  let thread: Worker | null = startThread()
  let finish: ((outcome: ScoringOutcome) => void) | null = null
  let isClosed = false

  function startThread(): Worker {
    const started = new Worker(entry, {
      workerData: options,
      resourceLimits: { maxOldGenerationSizeMb: limits.memoryMb, maxYoungGenerationSizeMb: 64 },
    })
    // A thread that was replaced reports on a job that is over.
    const end = (reason: string) => {
      if (thread !== started) return
      thread = null
      finish?.({ kind: 'fault', reason })
    }
    started.on('message', (outcome: ScoringOutcome) => {
      if (thread === started) finish?.(outcome)
    })
    started.on('error', (error) => end(`The scoring thread died: ${error.message}`))
    started.on('exit', (code) => end(`The scoring thread ended with code ${code}.`))
    return started
  }

  async function stopThread(): Promise<void> {
    const running = thread
    thread = null
    await running?.terminate()
  }

  return {
    async score(job) {
      if (isClosed) return { kind: 'interrupted' }
      const { promise, resolve } = Promise.withResolvers<ScoringOutcome>()
      finish = resolve
      thread ??= startThread()
      thread.postMessage(job)
      const timer = setTimeout(() => {
        resolve({ kind: 'fault', reason: `Scoring took longer than ${limits.timeMs} ms.` })
        void stopThread()
      }, limits.timeMs)
      const outcome = await promise
      clearTimeout(timer)
      finish = null
      return outcome
    },
    async close() {
      isClosed = true
      finish?.({ kind: 'interrupted' })
      await stopThread()
    },
  }
}
