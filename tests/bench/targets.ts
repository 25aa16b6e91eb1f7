/** What the product promises about its speed; `./medforge bench` ends with 1 where a figure misses one. */
export const TARGETS = {
  launch: {
    p50Ratio: { what: 'p50 of a launch, in bare docker runs', max: 1.5 },
    togetherRatio: {
      what: 'p50 of launches at once, in as many bare docker runs at once',
      max: 1.5,
    },
  },
  stop: {
    p95Ms: { what: 'p95 from the click on stop to a free GPU, in ms', max: 3000 },
    refusedCreates: { what: 'creates right after a stop that were refused', max: 0 },
  },
  proxy: {
    perCoreSecond: { what: 'decisions in a second of processor time', min: 5000 },
    perSecond: { what: 'decisions a second on one core, by the clock', min: 5000 },
    p99Ms: { what: 'p99 at 2,500 decisions a second, in ms', max: 5 },
    costRatio: { what: 'what a decision costs, in answers of bare node:http', max: 1.7 },
    wrongAnswers: { what: 'answers with another status than the right one', max: 0 },
  },
  edge: {
    rateRatio: { what: 'requests a second with 10 connections, in those of the floor', min: 0.8 },
    p99Ratio: { what: 'p99 with 10 connections, in that of the floor', max: 1.5 },
    p50Ratio: { what: 'p50 with 10 connections, in that of Caddy without auth', max: 5 },
  },
  attack: {
    p99Ms: { what: 'p99 of others during the worst attack, in ms', max: 1000 },
    failures: { what: 'requests of others that failed', max: 0 },
    restarts: { what: 'ends of the edge', max: 0 },
  },
  leaderboard: {
    p95Ms: { what: 'p95 of the slowest of first page, deep page and my rank, in ms', max: 20 },
    growth: { what: 'p95 with ten times the submissions, in that of the first size', max: 1.5 },
  },
  soak: {
    drops: { what: 'websockets that ended before their session', max: 0 },
    failedRequests: { what: 'requests that failed', max: 0 },
    lostEchoes: { what: 'messages that did not come back', max: 0 },
    samples: { what: 'looks at the processes', min: 3 },
    callsOfQuietest: { what: 'calls through the websocket that was used least', min: 3 },
    leaks: { what: 'processes that grew by more than the allowed slope', max: 0 },
  },
  scoring: {
    idleP95Ms: { what: 'p95 from an upload to its score, one at a time, in ms', max: 1000 },
    burstP95Ms: { what: 'p95 from an upload to its score, 100 at once, in ms', max: 10_000 },
    accuracyRatio: { what: 'CIFAR: how many times as fast as Python + numpy', min: 1 },
    mapIouRatio: { what: 'RSNA: how many times as fast as Python + numpy', min: 10 },
    slowestRatio: {
      what: 'slowest other metric: how many times as fast as Python + numpy',
      min: 1,
    },
    slowestScoringRatio: { what: 'the same without reading the files', min: 1 },
    difference: { what: 'largest difference between the two scores', max: 1e-9 },
  },
  upload: {
    growthRatio: { what: "median of the server's memory, second half in first halves", max: 1.1 },
    perUploadMib: { what: 'memory for each upload of 10 MiB at the peak, in MiB', max: 6 },
  },
} as const satisfies Record<string, Record<string, Target>>

export type Target = { what: string; max?: number; min?: number }

export function isMet({ max, min }: Target, value: number): boolean {
  return value <= (max ?? Infinity) && value >= (min ?? -Infinity)
}
