import {
  LAUNCH_STEPS,
  type LaunchStep,
  type Session,
  type SessionEvent,
  STOP_STEPS,
  type StopStep,
} from '@medforge/contracts'
import type { StepMedians } from './step-medians.ts'

export type StepState = 'done' | 'active' | 'waiting' | 'failed'

export type TimelineStep = {
  step: LaunchStep | StopStep
  state: StepState
  /** For a finished step how long it took, for the active one how long it has run; null where unknown. */
  elapsedMs: number | null
  medianMs: number | null
}

type TimelineSession = Pick<Session, 'status' | 'created_at'>

/**
 * The steps of a launch at `now`.
 *
 * Events may be missing, because the stream lags, so the status decides: everything is done once the session runs, and the step under
 * way when it failed is the one that failed.
 */
export function launchTimeline(
  session: TimelineSession,
  events: readonly SessionEvent[],
  now: number,
  medians: StepMedians = {},
): TimelineStep[] {
  const hasRun =
    session.status === 'running' || events.some(({ to_status }) => to_status === 'running')
  return timeline({
    steps: LAUNCH_STEPS,
    startedAt: Date.parse(session.created_at),
    events,
    now,
    medians,
    unfinished: hasRun ? 'done' : session.status === 'starting' ? 'active' : 'failed',
  })
}

/** The steps of a stop at `now`; they begin with the request to stop. */
export function stopTimeline(
  session: TimelineSession,
  events: readonly SessionEvent[],
  now: number,
  medians: StepMedians = {},
): TimelineStep[] {
  return timeline({
    steps: STOP_STEPS,
    startedAt: stopRequestedAt(events),
    events,
    now,
    medians,
    unfinished:
      session.status === 'stopped' ? 'done' : session.status === 'stopping' ? 'active' : 'failed',
  })
}

/** In milliseconds since the epoch; null while its event has not arrived. */
export function stopRequestedAt(events: readonly SessionEvent[]): number | null {
  const request = events.find(({ to_status }) => to_status === 'stopping')
  return request ? Date.parse(request.at) : null
}

function timeline(options: {
  steps: readonly (LaunchStep | StopStep)[]
  startedAt: number | null
  events: readonly SessionEvent[]
  now: number
  medians: StepMedians
  /** The state of the first step that has no event; `done` is that of all of them. */
  unfinished: 'done' | 'active' | 'failed'
}): TimelineStep[] {
  const { steps, events, now, medians, unfinished } = options
  let previousAt = options.startedAt
  let isFirstUnfinished = true
  return steps.map((step) => {
    const event = events.find((candidate) => candidate.step === step)
    const medianMs = event?.usual_ms ?? medians[step] ?? null
    if (event) {
      const at = Date.parse(event.at)
      const elapsedMs = previousAt === null ? null : Math.max(0, at - previousAt)
      previousAt = at
      return { step, state: 'done', elapsedMs, medianMs }
    }
    if (unfinished === 'done') return { step, state: 'done', elapsedMs: null, medianMs }
    if (!isFirstUnfinished) return { step, state: 'waiting', elapsedMs: null, medianMs }
    isFirstUnfinished = false
    const elapsedMs =
      unfinished === 'active' && previousAt !== null ? Math.max(0, now - previousAt) : null
    return { step, state: unfinished, elapsedMs, medianMs }
  })
}

/** Oldest first, each event once: a resumed stream may repeat some. */
export function withEvent(
  events: readonly SessionEvent[],
  added: SessionEvent,
): readonly SessionEvent[] {
  if (events.some((event) => event.id === added.id)) return events
  return [...events, added].sort((a, b) => Number(a.id) - Number(b.id))
}

const NEVER_OVERDUE_BEFORE_MS = 15_000

/** Whether a launch or stop takes long for anybody, and long for this host. */
export function isOverdue(elapsedMs: number | null, medianMs: number | null): boolean {
  return (
    elapsedMs !== null && elapsedMs > NEVER_OVERDUE_BEFORE_MS && elapsedMs > 3 * (medianMs ?? 0)
  )
}
