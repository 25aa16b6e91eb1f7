import { isTerminal } from '@medforge/core'
import { findViolations, findViolationsOfAnyMoment } from '../chaos/support/invariants.ts'
import { type Happening, listHappenings } from './happenings.ts'
import { takeMachine } from './machine.ts'
import { NO_PLANT, type Plant } from './plant.ts'
import { createScheduler, type Random, type Scheduler } from './scheduler.ts'
import { createWorld, type World } from './world.ts'

export type History = {
  seed: number
  /** The first moment at which an invariant did not hold; empty where there was none. */
  violations: readonly string[]
  /** The same for the same seed, always. */
  traceHash: string
  /** Everything that happened, where it is kept. */
  trace: readonly string[]
}

export type HistoryOptions = { plant?: () => Partial<Plant>; keepsTrace?: boolean }

/** In which every disturbance has to be healed once its cause is gone. */
const HEAL_MS = 60_000
const LOOK_MS = 500

/** Histories of these seeds, one after the other, up to the first in which an invariant does not hold. */
export async function playHistories(
  firstSeed: number,
  count: number,
  options: HistoryOptions = {},
): Promise<{ played: number; last: History }> {
  let scheduler = createScheduler(firstSeed, false)
  using machine = takeMachine(() => scheduler)
  for (let played = 1; ; played += 1) {
    const seed = firstSeed + played - 1
    scheduler = createScheduler(seed, options.keepsTrace ?? false)
    const last = await playHistory(seed, scheduler, options.plant?.() ?? {})
    machine.forgetSleepers()
    if (last.violations.length > 0 || played >= count) return { played, last }
  }
}

async function playHistory(
  seed: number,
  scheduler: Scheduler,
  plant: Partial<Plant>,
): Promise<History> {
  const world = createWorld(scheduler, { ...NO_PLANT, ...plant })
  const violations: string[] = world.wrongChanges
  const isOver = () => violations.length > 0

  /** Until that moment, or until `isDone`; the invariants are looked at wherever something has changed. */
  async function run(ms: number, isDone = () => false): Promise<void> {
    let isLate = false
    scheduler.after(ms, null, 'limit', () => {
      isLate = true
    })
    while (!isLate && !isOver() && !isDone()) {
      await scheduler.step()
      if (world.hasChanged()) violations.push(...findViolationsOfAnyMoment(world.evidence()))
    }
  }

  /** Everything that is right again stays so: a minute later nothing may be under way. */
  async function heal(when: string): Promise<void> {
    if (isOver()) return
    scheduler.note(`rest ${when}`)
    setRight(world)
    let nextLookMs = scheduler.nowMs() + LOOK_MS
    await run(HEAL_MS, () => {
      if (scheduler.nowMs() < nextLookMs) return false
      nextLookMs = scheduler.nowMs() + LOOK_MS
      return isAtRest(world)
    })
    if (isOver() || isAtRest(world)) return
    const states = world.sessions().map(({ id, status }) => `${id} is ${status}`)
    violations.push(`I10: no rest a minute ${when}: ${states.join(', ')}`)
    violations.push(...findViolations(world.evidence()))
  }

  world.start('server')
  world.start('reconciler')
  await run(500)
  const happenings = someOf(listHappenings(world, scheduler), scheduler.random)
  const pauseMs = scheduler.random.pick([30, 300, 2_000]) ?? 0
  for (let left = 4 + scheduler.random.below(20); left > 0 && !isOver(); left -= 1) {
    const { name, happen } = pickWeighted(happenings, scheduler.random)
    scheduler.note(`happens: ${name}`)
    happen()
    await run(scheduler.random.next() * pauseMs)
  }
  await heal('after the last fault')
  for (const session of world.sessions()) if (!isTerminal(session.status)) world.stop(session)
  await heal('after the stop of everything')
  return { seed, violations, traceHash: scheduler.traceHash(), trace: scheduler.trace }
}

function setRight(world: World): void {
  Object.assign(world.weather, { slow: 0, lostAnswer: 0, lostMessage: 0, doubledMessage: 0 })
  world.setDatabaseAway(false)
  world.docker.setAway(false)
  world.pool.setAway(false)
  world.pool.refuse(null)
  world.setIdeSilent(false)
  world.killOlder()
}

/** Nothing is under way, and everything is as it should be. */
function isAtRest(world: World): boolean {
  const isResting = world
    .sessions()
    .every(({ status, failed_at }) => isTerminal(status) || (status === 'running' && !failed_at))
  return isResting && findViolations(world.evidence()).length === 0
}

/** Each history has its own few: most faults are found where others do not hide them. */
function someOf(happenings: readonly Happening[], random: Random): readonly Happening[] {
  return happenings.filter(({ name }) => name === 'launch' || random.chance(0.5))
}

function pickWeighted(happenings: readonly Happening[], random: Random): Happening {
  let at = random.next() * happenings.reduce((sum, { weight }) => sum + weight, 0)
  for (const happening of happenings) {
    at -= happening.weight
    if (at < 0) return happening
  }
  throw new Error('Nothing can happen.')
}
