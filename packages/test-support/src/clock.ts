export type FakeClock = {
  now(): Date
  /** How much time has passed, whatever the clock was set to. */
  monotonicMs(): number
  /** Move on by so many milliseconds. */
  advance(ms: number): void
  /** Set the clock so many milliseconds on, or back, in no time. */
  jump(ms: number): void
  set(at: Date): void
}

/** A clock that stands still until it is moved; a Sunday noon in UTC unless told otherwise. */
export function createFakeClock(start = new Date('2026-03-01T12:00:00Z')): FakeClock {
  let nowMs = start.getTime()
  let passedMs = 0
  return {
    now: () => new Date(nowMs),
    monotonicMs: () => passedMs,
    advance(ms) {
      nowMs += ms
      passedMs += ms
    },
    jump(ms) {
      nowMs += ms
    },
    set(at) {
      nowMs = at.getTime()
    },
  }
}
