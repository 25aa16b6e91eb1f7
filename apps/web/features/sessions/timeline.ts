import {
  LAUNCH_STEPS,
  type LaunchStep,
  type Session,
  type SessionEvent,
  STOP_STEPS,
  type StopStep,
} from '@medforge/contracts'

export type StepState = 'done' | 'active' | 'waiting' | 'failed'

export type StepView = {
  step: LaunchStep | StopStep
  state: StepState
  /** For a finished step how long it took, for the active one how long it has run; null where unknown. */
  elapsedMs: number | null
  /** How long this step usually takes; null until the platform knows. */
  usualMs: number | null
}

export type UsualDurations = Partial<Record<LaunchStep | StopStep, number>>

type Begun = Pick<Session, 'status' | 'created_at'>

/**
 * The steps of a launch as a person should see them at `now`.
 *
 * Events may be missing (the stream has not caught up) or come twice (it was resumed); the status has the last word:
 * everything is done once the session runs, and what was under way when it failed is the step that failed.
 */
export function launchTimeline(
  session: Begun,
  events: readonly SessionEvent[],
  now: number,
  usual: UsualDurations = {},
): StepView[] {
  const isThrough = session.status === 'running' || reached(events, 'running')
  return timeline({
    steps: LAUNCH_STEPS,
    beganAt: Date.parse(session.created_at),
    events,
    now,
    usual,
    ending: isThrough ? 'done' : session.status === 'starting' ? 'active' : 'failed',
  })
}

/** The steps of a stop at `now`; they begin when the wish to stop was written down. */
export function stopTimeline(
  session: Begun,
  events: readonly SessionEvent[],
  now: number,
  usual: UsualDurations = {},
): StepView[] {
  const wish = events.find((event) => event.kind === 'transition' && event.to_status === 'stopping')
  return timeline({
    steps: STOP_STEPS,
    beganAt: wish ? Date.parse(wish.at) : null,
    events,
    now,
    usual,
    ending:
      session.status === 'stopped' ? 'done' : session.status === 'stopping' ? 'active' : 'failed',
  })
}

function timeline(options: {
  steps: readonly (LaunchStep | StopStep)[]
  beganAt: number | null
  events: readonly SessionEvent[]
  now: number
  usual: UsualDurations
  /** What becomes of the first step that has no event of its own. */
  ending: 'done' | 'active' | 'failed'
}): StepView[] {
  const { steps, events, now, usual, ending } = options
  let previousAt = options.beganAt
  let isOpen = true
  return steps.map((step) => {
    const event = events.find((candidate) => candidate.step === step)
    const usualMs = event?.usual_ms ?? usual[step] ?? null
    if (event) {
      const at = Date.parse(event.at)
      const elapsedMs = previousAt === null ? null : Math.max(0, at - previousAt)
      previousAt = at
      return { step, state: 'done', elapsedMs, usualMs }
    }
    if (ending === 'done') return { step, state: 'done', elapsedMs: null, usualMs }
    if (!isOpen) return { step, state: 'waiting', elapsedMs: null, usualMs }
    isOpen = false
    const elapsedMs =
      ending === 'active' && previousAt !== null ? Math.max(0, now - previousAt) : null
    return { step, state: ending, elapsedMs, usualMs }
  })
}

function reached(events: readonly SessionEvent[], status: Session['status']): boolean {
  return events.some((event) => event.kind === 'transition' && event.to_status === status)
}

/** The events with `added` in its place, without doubles, oldest first. */
export function withEvent(
  events: readonly SessionEvent[],
  added: SessionEvent,
): readonly SessionEvent[] {
  if (events.some((event) => event.id === added.id)) return events
  return [...events, added].sort((a, b) => Number(a.id) - Number(b.id))
}

const PATIENCE_MS = 15_000

/** Whether a launch or stop takes so long that the person should be told: long for anybody, and long for this host. */
export function isOverdue(elapsedMs: number | null, usualMs: number | null): boolean {
  return elapsedMs !== null && elapsedMs > PATIENCE_MS && elapsedMs > 3 * (usualMs ?? 0)
}

/** How long the whole of a launch or stop usually takes, as the event that began it told; null until the platform knows. */
export function usualTotalMs(
  events: readonly SessionEvent[],
  status: 'starting' | 'stopping',
): number | null {
  return events.find(({ to_status }) => to_status === status)?.usual_ms ?? null
}

/** What the platform told about usual durations of single steps so far. */
export function usualDurations(events: readonly SessionEvent[]): UsualDurations {
  const usual: UsualDurations = {}
  for (const event of events) {
    if (event.step !== null && event.usual_ms !== null) usual[event.step] = event.usual_ms
  }
  return usual
}
