import { Worker } from 'node:worker_threads'
import type { ComputeOptions } from './compute.ts'
import type {
  BoardComputer,
  BoardJob,
  BoardOutcome,
  Scorer,
  ScoringFailure,
  ScoringJob,
  ScoringOutcome,
} from './job.ts'

export type ThreadLimits = {
  timeMs: number
  /** Of the thread's heap. Files are read in pieces, so a file of the largest size needs a tenth of this. */
  memoryMb: number
}

const LIMITS: ThreadLimits = { timeMs: 30_000, memoryMb: 512 }
/** Nobody waits for it, and it has the processor only while nobody else wants it. */
const BOARD_LIMITS: ThreadLimits = { timeMs: 300_000, memoryMb: 512 }

/** A computation in a thread of its own. */
type Thread<Job, Outcome> = {
  run(job: Job): Promise<Outcome | ScoringFailure>
  close(): Promise<void>
}

/** A scorer in a thread of its own, as `createThread`. */
export function createThreadScorer(
  options: ComputeOptions,
  limits: ThreadLimits = LIMITS,
  entry: URL = new URL('./scorer-thread.ts', import.meta.url),
): Scorer {
  const { run, close } = createThread<ScoringJob, ScoringOutcome>(options, limits, entry)
  return { score: run, close }
}

/** The thread that computes what boards show beside the scores; see `board-thread.ts`. */
export function createBoardThread(options: ComputeOptions): BoardComputer {
  const entry = new URL('./board-thread.ts', import.meta.url)
  const { run, close } = createThread<BoardJob, BoardOutcome>(options, BOARD_LIMITS, entry)
  return { compute: run, close }
}

/**
 * A thread with a limit on time and memory. A file that makes it hang or grow ends the thread, which is a fault of that one job; the next
 * job gets a new thread.
 */
function createThread<Job, Outcome>(
  options: ComputeOptions,
  limits: ThreadLimits,
  entry: URL,
): Thread<Job, Outcome> {
  let thread: Worker | null = startThread()
  let finish: ((outcome: Outcome | ScoringFailure) => void) | null = null
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
    started.on('message', (outcome: Outcome) => {
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
    async run(job) {
      if (isClosed) return { kind: 'interrupted' }
      const { promise, resolve } = Promise.withResolvers<Outcome | ScoringFailure>()
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
