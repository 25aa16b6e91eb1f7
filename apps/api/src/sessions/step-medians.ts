import { LAUNCH_STEPS, STOP_STEPS } from '@medforge/contracts'
import type { SessionEventRow, Step } from '@medforge/core'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { listDurations } from './repository.ts'

/** Medians of how long steps took lately, in whole milliseconds; null until one is known. */
export interface StepMedians {
  /** Of the step that the event finished, or, for an entry into `starting` or `stopping`, of all the steps that follow it. */
  ofEvent(event: SessionEventRow): Promise<number | null>
}

const SAMPLE_SIZE = 51
const MAX_AGE_MS = 30_000

export function createStepMedians(
  db: Kysely<DB>,
  nowMs: () => number = () => performance.now(),
): StepMedians {
  const known = new Map<Step, { readMs: number; median: Promise<number | null> }>()

  function ofStep(step: Step): Promise<number | null> {
    const entry = known.get(step)
    if (entry && nowMs() - entry.readMs < MAX_AGE_MS) return entry.median
    const median = listDurations(db, step, SAMPLE_SIZE).then(medianOf)
    known.set(step, { readMs: nowMs(), median })
    median.catch(() => known.delete(step))
    return median
  }

  async function ofSteps(steps: readonly Step[]): Promise<number | null> {
    const medians = await Promise.all(steps.map(ofStep))
    return medians.reduce((sum, median) => (sum === null || median === null ? null : sum + median))
  }

  return {
    async ofEvent(event) {
      if (event.step !== null) return ofStep(event.step)
      if (event.to_status === 'starting') return ofSteps(LAUNCH_STEPS)
      if (event.to_status === 'stopping') return ofSteps(STOP_STEPS)
      return null
    },
  }
}

/** The middle value, the lower one of two; null of none. */
export function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null
}
