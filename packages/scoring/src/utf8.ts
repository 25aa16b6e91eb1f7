/** Text as bytes, by hand: this package may use neither Node's nor the browser's decoder. */

/** The Unicode standard's table of well-formed UTF-8, a byte at a time: no overlong forms, no surrogates, nothing above U+10FFFF. */
export function createUtf8Check() {
  let missing = 0
  let lower = 0x80
  let upper = 0xbf

  function begin(byte: number): boolean {
    if (byte < 0x80) return true
    if (byte < 0xc2 || byte > 0xf4) return false
    missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
    if (byte === 0xe0) lower = 0xa0
    else if (byte === 0xed) upper = 0x9f
    else if (byte === 0xf0) lower = 0x90
    else if (byte === 0xf4) upper = 0x8f
    return true
  }

  return {
    accepts(byte: number): boolean {
      if (missing === 0) return begin(byte)
      const isInRange = byte >= lower && byte <= upper
      lower = 0x80
      upper = 0xbf
      missing -= 1
      return isInRange
    },
    isInsideCharacter: () => missing > 0,
  }
}

// More arguments at once than this may be too many for a call.
const LETTERS_AT_ONCE = 8192

/** Cells by where each ends, of bytes below 0x80. */
export function splitAscii(bytes: Uint8Array, ends: readonly number[]): string[] {
  const length = ends[ends.length - 1] ?? 0
  let text = ''
  for (let at = 0; at < length; at += LETTERS_AT_ONCE) {
    const some = bytes.subarray(at, Math.min(length, at + LETTERS_AT_ONCE))
    text += String.fromCharCode.apply(null, some as unknown as number[])
  }
  let start = 0
  return ends.map((end) => {
    const cell = text.slice(start, end)
    start = end
    return cell
  })
}

/** Cells by where each ends, of bytes that passed the check. */
export function splitUtf8(bytes: Uint8Array, ends: readonly number[]): string[] {
  let start = 0
  return ends.map((end) => {
    const cell = decodeUtf8(bytes, start, end)
    start = end
    return cell
  })
}

function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let at = start; at < end; ) {
    const first = bytes[at] ?? 0
    const size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    let point = size === 1 ? first : first & (0xff >> (size + 1))
    for (let next = 1; next < size; next += 1)
      point = (point << 6) | ((bytes[at + next] ?? 0) & 0x3f)
    text += String.fromCodePoint(point)
    at += size
  }
  return text
}
