/** What browsers and Node have beyond the language itself, which is all that this package may use otherwise. */
declare const TextDecoder: new (
  encoding: 'utf-8',
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string }

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/**
 * The Unicode standard's table of well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
 *
 * A byte at a time, because a fault is reported with its line and before any fault that follows it; `TextDecoder` gives no position.
 */
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
    /** Forgets a character that did not go on as it began. */
    restart(): void {
      missing = 0
      lower = 0x80
      upper = 0xbf
    },
  }
}

/** Cells by where each ends, of bytes below 0x80. */
export function splitAscii(bytes: Uint8Array, ends: readonly number[]): string[] {
  const text = decodeAscii(bytes, ends[ends.length - 1] ?? 0)
  let start = 0
  return ends.map((end) => {
    const cell = text.slice(start, end)
    start = end
    return cell
  })
}

/** Eight letters a call: of rows as short as a label's, `TextDecoder` takes half as long again. */
function decodeAscii(bytes: Uint8Array, length: number): string {
  const letter = (at: number) => bytes[at] as number
  let text = ''
  let at = 0
  for (; at + 8 <= length; at += 8) {
    text += String.fromCharCode(
      letter(at),
      letter(at + 1),
      letter(at + 2),
      letter(at + 3),
      letter(at + 4),
      letter(at + 5),
      letter(at + 6),
      letter(at + 7),
    )
  }
  for (; at < length; at += 1) text += String.fromCharCode(letter(at))
  return text
}

/** Cells by where each ends. Of bytes that did not pass the check, U+FFFD stands for what is none. */
export function splitUtf8(bytes: Uint8Array, ends: readonly number[], isBroken: boolean): string[] {
  let start = 0
  return ends.map((end) => {
    const cell = (isBroken ? lenient : decoder).decode(bytes.subarray(start, end))
    start = end
    return cell
  })
}
