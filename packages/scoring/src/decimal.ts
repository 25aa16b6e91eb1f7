const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/

/**
 * A plain decimal in ASCII digits, or null for everything else that `Number` would take or bend: blanks, `0x10`, `1e309`, `NaN`,
 * `1,5`, `1_000`, digits of other scripts.
 */
export function parseDecimal(text: string): number | null {
  if (!DECIMAL.test(text)) return null
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}
