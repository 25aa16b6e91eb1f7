const REAL = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/
const WITHOUT_EXPONENT = /^[+-]?(\d+(\.\d*)?|\.\d+)$/
const WHOLE = /^[+-]?(\d+(\.0*)?|\.0+)$/

/**
 * A real number in ASCII digits that a double can hold, or null for everything else that `Number` would take or bend: blanks, `0x10`,
 * `1e309`, `NaN`, `1,5`, `1_000`, digits of other scripts.
 */
export function parseReal(text: string): number | null {
  if (!REAL.test(text)) return null
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}

/** Whether it is written without an exponent: a number of either kind of column. */
export function isPlain(text: string): boolean {
  return WITHOUT_EXPONENT.test(text)
}

/** A whole number, with or without a fraction of zeros, or null. Read from the digits: a double rounds `0.99999999999999999` to 1. */
export function parseWhole(text: string): number | null {
  return WHOLE.test(text) ? Number(text) : null
}

/**
 * A whole number by the grammar of before 2026-12-01, which took exponents and looked at the rounded value. It accepts all that `parseWhole`
 * does, as the same number.
 */
export function parseStoredWhole(text: string): number | null {
  const value = parseReal(text)
  return Number.isInteger(value) ? value : null
}
