export type FakeClock = {
  now(): Date
  /** Move on by so many milliseconds. */
  advance(ms: number): void
  set(at: Date): void
}

/** A clock that stands still until it is moved; a Sunday noon in UTC unless told otherwise. */
export function createFakeClock(start = new Date('2026-03-01T12:00:00Z')): FakeClock {
  let nowMs = start.getTime()
  return {
    now: () => new Date(nowMs),
    advance(ms) {
      nowMs += ms
    },
    set(at) {
      nowMs = at.getTime()
    },
  }
}
