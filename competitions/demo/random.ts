import { createHmac } from 'node:crypto'

/** Chance that cannot be guessed and can be repeated: HMAC-SHA256 of a counter under the installation's secret. */
export interface SeededRandom {
  /** In 0..1, 1 excluded; 48 bits. */
  next(): number
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number
  /** In place, every order equally likely. */
  shuffle<Item>(items: Item[]): Item[]
}

/** @param purpose  different purposes give independent streams from one secret */
export function createSeededRandom(secretSeed: string, purpose: string): SeededRandom {
  let block: Buffer = Buffer.alloc(0)
  let at = 0
  let counter = 0

  function next(): number {
    if (at + 6 > block.length) {
      block = createHmac('sha256', secretSeed).update(`${purpose}\0${counter}`).digest()
      counter += 1
      at = 0
    }
    const value = block.readUIntBE(at, 6) / 2 ** 48
    at += 6
    return value
  }

  function between(min: number, max: number): number {
    return min + Math.floor(next() * (max - min + 1))
  }

  return {
    next,
    between,
    shuffle(items) {
      for (let last = items.length - 1; last > 0; last -= 1) {
        const other = between(0, last)
        const moved = items[last] as (typeof items)[number]
        items[last] = items[other] as (typeof items)[number]
        items[other] = moved
      }
      return items
    },
  }
}
