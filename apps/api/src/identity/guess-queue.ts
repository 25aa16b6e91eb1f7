import { BoundedMap } from '@medforge/core/bounded-map'

/** Attempts at accounts at which too much was guessed: one by one, in the order in which the networks came. */
export interface GuessQueue {
  /** @returns 0 when this attempt may go ahead, else the whole seconds after which the network's next one has its place or is let through */
  take(account: string, network: string): number
}

const INTERVAL_MS = 5_000
const WAIT_MAX_MS = 60_000
/** For a person who comes later than they were asked to. */
const KEPT_MS = 60_000
// An account comes here by as many wrong passwords as its limit has, so that nobody fills this.
const ACCOUNTS_MAX = 50_000

type Queue = { nextMs: number; dueMs: Map<string, number> }

/**
 * One attempt of an account goes ahead every 5 seconds. A network that has to wait keeps its place, 60 seconds from now at the latest and one
 * at a time, so that strangers at up to eleven other networks delay the owner by a minute at most.
 *
 * @param nowMs  monotonic
 */
export function createGuessQueue(nowMs: () => number): GuessQueue {
  const queues = new BoundedMap<string, Queue>(ACCOUNTS_MAX)

  return {
    take(account, network) {
      const now = nowMs()
      const queue = queues.get(account) ?? { nextMs: now, dueMs: new Map() }
      queues.set(account, queue)
      const { dueMs } = queue
      for (const [each, due] of dueMs) if (now - due > KEPT_MS) dueMs.delete(each)
      const kept = dueMs.get(network)
      const due = kept ?? Math.max(now, queue.nextMs)
      if (due - now > WAIT_MAX_MS) return secondsOf(due - now - WAIT_MAX_MS)
      if (kept === undefined) queue.nextMs = due + INTERVAL_MS
      if (due > now) dueMs.set(network, due)
      else dueMs.delete(network)
      return secondsOf(due - now)
    },
  }
}

function secondsOf(ms: number): number {
  return Math.max(0, Math.ceil(ms / 1000))
}
