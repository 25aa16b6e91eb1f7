import { type History, playHistories } from './history.ts'

const STEPS_SHOWN = 120

/** How a history went in which an invariant broke, and how to see it again; null where none did. */
export async function describeFailure({ seed, violations }: History): Promise<string | null> {
  if (violations.length === 0) return null
  const { last } = await playHistories(seed, 1, { keepsTrace: true })
  return [
    `In the history of seed ${seed}:`,
    ...violations.map((violation) => `  ${violation}`),
    `Again on this commit: ./medforge test unit --seed ${seed}`,
    `Its last steps of ${last.trace.length}, with the milliseconds at which they came:`,
    ...last.trace.slice(-STEPS_SHOWN),
  ].join('\n')
}

/** @returns how many histories a minute it were since, in words */
export function measureRate(): (histories: number) => string {
  const startedMs = performance.now()
  const before = process.cpuUsage()
  return (histories) => {
    const { user, system } = process.cpuUsage(before)
    const aMinute = (ms: number) => Math.round((histories / ms) * 60_000)
    const onCore = aMinute((user + system) / 1_000)
    return `${onCore} histories a minute of one core, ${aMinute(performance.now() - startedMs)} by the clock`
  }
}
