/**
 * The exact interval of a proportion (Clopper and Pearson 1934): in at least 95 % of all samples it holds the true one, whatever that is.
 *
 * @param hits  of `cases`
 */
export function clopperPearson(hits: number, cases: number): { low: number; high: number } {
  const misses = cases - hits
  return {
    low: hits === 0 ? 0 : betaQuantile(0.025, hits, misses + 1),
    high: misses === 0 ? 1 : betaQuantile(0.975, hits + 1, misses),
  }
}

/** Where the beta distribution reaches a share, by halving: 60 steps are a double's precision. */
function betaQuantile(share: number, a: number, b: number): number {
  let low = 0
  let high = 1
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2
    if (betaShare(middle, a, b) < share) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** The regularised incomplete beta function, from the side on which its continued fraction converges fast. */
function betaShare(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x),
  )
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(1 - x, b, a)) / b
}

// Far more than the square root of a million cases, which is what it takes.
const TERMS_MAX = 10_000
const TINY = 1e-300

/** Lentz's method on the continued fraction of DLMF 8.17.22. */
function betaFraction(x: number, a: number, b: number): number {
  const apart = (value: number) => (Math.abs(value) < TINY ? TINY : value)
  let c = 1
  let d = 1 / apart(1 - ((a + b) * x) / (a + 1))
  let result = d
  for (let m = 1; m <= TERMS_MAX; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / apart(1 + even * d)
    c = apart(1 + even / c)
    result *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / apart(1 + odd * d)
    c = apart(1 + odd / c)
    const factor = d * c
    result *= factor
    if (Math.abs(factor - 1) < 1e-15) break
  }
  return result
}

/** Stirling's series, for which small numbers are raised first. */
function logGamma(value: number): number {
  let raised = value
  let product = 1
  while (raised < 15) {
    product *= raised
    raised += 1
  }
  const square = 1 / (raised * raised)
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / raised
  return (
    (raised - 0.5) * Math.log(raised) -
    raised +
    0.5 * Math.log(2 * Math.PI) +
    series -
    Math.log(product)
  )
}
