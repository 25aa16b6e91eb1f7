/** Where the present comes from, so that tests can hold it still. Durations use the monotonic clock instead (`performance.now()`). */
export type Clock = { now(): Date }

export const systemClock: Clock = { now: () => new Date() }
