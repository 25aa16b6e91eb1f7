import { inject } from 'vitest'

/**
 * The seed that was asked for, else a fixed one: such a test tries the same every time, so that it says something about the change and
 * not about the dice. Printed.
 */
export function seedOr(fixed: number): number {
  const seed = inject('askedSeed') ?? fixed
  console.log(`seed ${seed}; MEDFORGE_SEED or --seed gives it another one`)
  return seed
}
