// What spreadsheets take for the beginning of a formula, behind blanks too, and in its full-width forms.
const FORMULA = /^[\s\p{Cf}]*[=+\-@|%＝＋－＠\t\r\n]/u
// The same in the cell that some of them begin behind these, quoted or not.
const INNER_FORMULA = /[;\t][\s\p{Cf}"]*[=+\-@|%＝＋－＠]/gu

/** Texts quoted, numbers as they are; null is an empty cell. */
export function csvCell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const inner = value.replace(INNER_FORMULA, (found) => `${found.slice(0, 1)}'${found.slice(1)}`)
  const safe = FORMULA.test(value) ? `'${inner}` : inner
  return `"${safe.replaceAll('"', '""')}"`
}
