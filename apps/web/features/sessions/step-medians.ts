import type { LaunchStep, SessionEvent, SessionStatus, StopStep } from '@medforge/contracts'

/** Medians of recent launches and stops, in milliseconds. */
export type StepMedians = Partial<Record<LaunchStep | StopStep, number>>

export function stepMedians(events: readonly SessionEvent[]): StepMedians {
  const medians: StepMedians = {}
  for (const { step, usual_ms } of events) {
    if (step !== null && usual_ms !== null) medians[step] = usual_ms
  }
  return medians
}

/** The median of a whole launch or stop, which the event that begins it carries. */
export function totalMedianMs(
  events: readonly SessionEvent[],
  status: SessionStatus,
): number | null {
  return events.find(({ to_status }) => to_status === status)?.usual_ms ?? null
}

/** Reads only positive numbers, whatever is stored. */
export function parseStoredMedians(stored: string | null): StepMedians {
  if (stored === null) return {}
  try {
    const entries = Object.entries(JSON.parse(stored) as Record<string, unknown>)
    return Object.fromEntries(
      entries.filter(([, value]) => typeof value === 'number' && value > 0),
    ) as StepMedians
  } catch {
    return {}
  }
}
