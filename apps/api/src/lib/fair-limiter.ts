import { createLimiter, type Limiter } from './limiter.ts'

export interface FairLimiter {
  /** @throws SaturatedError when too many tasks wait already, of this party or of all, or after `waitMs` in line */
  run<Result>(party: string, task: () => Promise<Result>): Promise<Result>
}

export type FairLimits = {
  /** Of all parties together. */
  running: number
  waiting: number
  /** Of one party: what it has beyond `running` waits behind its own, not in everybody's line. */
  each: { running: number; waiting: number }
  /** In both lines together; without end unless given. */
  waitMs?: number
}

/** As `createLimiter`, with a share for each party: however much one brings, the others find room. */
export function createFairLimiter({ each, waitMs, ...all }: FairLimits): FairLimiter {
  const shared = createLimiter(all)
  const parties = new Map<string, { limiter: Limiter; tasks: number }>()

  return {
    async run(party, task) {
      const mine = parties.get(party) ?? { limiter: createLimiter(each), tasks: 0 }
      parties.set(party, mine)
      mine.tasks += 1
      try {
        const startedMs = performance.now()
        const leftMs = () =>
          waitMs === undefined ? undefined : Math.max(0, waitMs - (performance.now() - startedMs))
        return await mine.limiter.run(() => shared.run(task, leftMs()), waitMs)
      } finally {
        mine.tasks -= 1
        if (mine.tasks === 0) parties.delete(party)
      }
    },
  }
}
