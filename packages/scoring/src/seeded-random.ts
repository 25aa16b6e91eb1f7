/**
 * Whole numbers from 0 up to a limit, the limit excluded: the same ones for the same seed, on every host. Chris Doty-Humphrey's sfc32, which
 * is fast and good enough for resampling, and no source of secrets.
 *
 * @param seed  at least 32 hexadecimal digits
 */
export function createSeededRandom(seed: string): (limit: number) => number {
  // In an array, whose numbers stay 32 bits wide and are never allocated one by one.
  const state = Uint32Array.from([0, 8, 16, 24], (at) =>
    Number.parseInt(seed.slice(at, at + 8), 16),
  )
  const next = (): number => {
    const a = state[0] as number
    const b = state[1] as number
    const c = state[2] as number
    const counter = state[3] as number
    const sum = (a + b + counter) >>> 0
    state[0] = b ^ (b >>> 9)
    state[1] = c + (c << 3)
    state[2] = ((c << 21) | (c >>> 11)) + sum
    state[3] = counter + 1
    return sum
  }
  // The first outputs still resemble the seed.
  for (let round = 0; round < 12; round += 1) next()
  return (limit) => Math.floor((next() / 2 ** 32) * limit)
}
