/** A program of the platform that can be killed: from then on nothing that it began goes on. */
export type Process = { readonly name: string; isAlive: boolean }

type Event = {
  atMs: number
  tie: number
  /** Null: the world's own, which nothing kills. */
  process: Process | null
  label: string
  run(): void
  isCancelled: boolean
}

export interface Random {
  /** From 0 up to 1. */
  next(): number
  /** A whole number from 0 up to `end`. */
  below(end: number): number
  chance(probability: number): boolean
  /** Undefined where there is none. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item
  pick<Item>(items: readonly Item[]): Item | undefined
}

export interface Scheduler {
  readonly random: Random
  /** Whose code runs at the moment; timers that it sets are its own. */
  readonly process: Process | null
  /** Milliseconds since the history began. */
  nowMs(): number
  /** @returns what cancels it */
  after(ms: number, process: Process | null, label: string, run: () => void): () => void
  /** Run what is next, and everything that follows from it without waiting. @returns false: nothing is left */
  step(): Promise<boolean>
  /** Put something into the trace. */
  note(text: string): void
  /** The same for the same history: everything that happened, in its order and at its time. */
  traceHash(): string
  /** Lines of what happened, where they are kept. */
  readonly trace: readonly string[]
}

const { setImmediate } = globalThis

/** Decides what happens next: nothing in a history happens but by its queue, whose order, times and ties follow from the seed. */
export function createScheduler(seed: number, keepsTrace: boolean): Scheduler {
  const random = createRandom(seed)
  const trace: string[] = []
  const queue: Event[] = []
  let nowMs = 0
  let hash = 0x811c9dc5
  let process: Process | null = null

  function note(text: string): void {
    for (let at = 0; at < text.length; at += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
    }
    if (keepsTrace) trace.push(`${nowMs.toFixed(3).padStart(11)}  ${text}`)
  }

  return {
    random,
    trace,
    note,
    get process() {
      return process
    },
    nowMs: () => nowMs,
    after(ms, owner, label, run) {
      const atMs = nowMs + Math.max(0, ms)
      const event = { atMs, tie: random.next(), process: owner, label, run, isCancelled: false }
      push(queue, event)
      return () => {
        event.isCancelled = true
      }
    },
    async step() {
      for (;;) {
        const event = pop(queue)
        if (event === undefined) return false
        if (event.isCancelled || event.process?.isAlive === false) continue
        nowMs = event.atMs
        process = event.process
        note(process === null ? event.label : `${process.name}: ${event.label}`)
        event.run()
        await new Promise(setImmediate)
        process = null
        return true
      }
    },
    traceHash: () => `${(hash >>> 0).toString(16)}@${nowMs.toFixed(6)}`,
  }
}

/** Mulberry32: 32 bits of state are enough for histories of some thousand choices. */
export function createRandom(seed: number): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number) => Math.floor(next() * end)
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: <Item>(items: readonly Item[]) => items[below(items.length)] as Item,
  }
}

const isBefore = (a: Event, b: Event) => a.atMs < b.atMs || (a.atMs === b.atMs && a.tie < b.tie)

function push(heap: Event[], event: Event): void {
  let at = heap.length
  heap.push(event)
  while (at > 0) {
    const up = (at - 1) >> 1
    const parent = heap[up] as Event
    if (!isBefore(event, parent)) break
    heap[at] = parent
    at = up
  }
  heap[at] = event
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (first === undefined || last === undefined || heap.length === 0) return first
  let at = 0
  for (;;) {
    let down = 2 * at + 1
    if (down >= heap.length) break
    if (down + 1 < heap.length && isBefore(heap[down + 1] as Event, heap[down] as Event)) down += 1
    if (!isBefore(heap[down] as Event, last)) break
    heap[at] = heap[down] as Event
    at = down
  }
  heap[at] = last
  return first
}
