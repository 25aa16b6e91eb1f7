import fc from 'fast-check'
import { inject } from 'vitest'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of this run's random tests; printed at its start. */
    seed: number
    /** The same where somebody asked for it, by `MEDFORGE_SEED`. */
    askedSeed: number | null
    /** How many simulated histories are played. */
    histories: number
    /** `--long` or `--soak`. */
    isLong: boolean
  }
}

fc.configureGlobal({ seed: inject('seed') })
