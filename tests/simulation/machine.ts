import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'
import type { Scheduler } from './scheduler.ts'

export type Machine = Disposable & {
  /** A history is over: nobody will wake up who sleeps still. Node would keep their signals for ever. */
  forgetSleepers(): void
}

/**
 * The clock, the timers and the random numbers of the machine are the scheduler's until the result is disposed, for everything that runs
 * in this thread. So the product's code runs as it is, and what it will ask of a machine tomorrow is simulated too.
 */
export function takeMachine(schedulerOf: () => Scheduler): Machine {
  const random = () => schedulerOf().random
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => random().below(16).toString(16)).join('')

  function setTimer(callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) {
    const scheduler = schedulerOf()
    const cancel = scheduler.after(ms, scheduler.process, 'timer', () => callback(...args))
    return { cancel, ref: () => {}, unref: () => {}, hasRef: () => true }
  }

  const sleepers = new Map<() => void, AbortSignal>()

  function sleep<Value>(ms = 0, value?: Value, options: { signal?: AbortSignal } = {}) {
    const { signal } = options
    const { promise, resolve, reject } = Promise.withResolvers<Value | undefined>()
    const abort = () => {
      sleepers.delete(abort)
      timer.cancel()
      reject(new DOMException('The operation was aborted', 'AbortError'))
    }
    const timer = setTimer(() => {
      signal?.removeEventListener('abort', abort)
      sleepers.delete(abort)
      resolve(value)
    }, ms)
    if (signal?.aborted) abort()
    else if (signal) {
      signal.addEventListener('abort', abort, { once: true })
      sleepers.set(abort, signal)
    }
    return promise
  }

  const fakes: [object, Record<string, unknown>][] = [
    [
      globalThis,
      {
        setTimeout: setTimer,
        clearTimeout: (timer?: { cancel?(): void }) => timer?.cancel?.(),
        setImmediate: (callback: () => void) => setTimer(callback),
      },
    ],
    [Math, { random: () => random().next() }],
    [Date, { now: () => Math.floor(schedulerOf().nowMs()) }],
    [performance, { now: () => schedulerOf().nowMs() }],
    [timers, { setTimeout: sleep }],
    // Most errors here are outages that somebody waits for, and a stack costs more than the rest of them.
    [Error, { stackTraceLimit: 0 }],
    [
      crypto,
      {
        randomBytes: (size: number) => Buffer.from(hex(2 * size), 'hex'),
        randomInt: (end: number) => random().below(end),
        randomUUID: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
      },
    ],
  ]
  const originals = fakes.map(([target, names]) =>
    Object.keys(names).map(
      (name) => [name, Object.getOwnPropertyDescriptor(target, name)] as const,
    ),
  )
  for (const [target, names] of fakes) {
    for (const [name, value] of Object.entries(names)) {
      Object.defineProperty(target, name, { value, configurable: true, writable: true })
    }
  }
  syncBuiltinESMExports()
  return {
    forgetSleepers() {
      for (const [abort, signal] of sleepers) signal.removeEventListener('abort', abort)
      sleepers.clear()
    },
    [Symbol.dispose]() {
      for (const [index, [target]] of fakes.entries()) {
        for (const [name, original] of originals[index] ?? []) {
          if (original) Object.defineProperty(target, name, original)
          else Reflect.deleteProperty(target, name)
        }
      }
      syncBuiltinESMExports()
    },
  }
}
