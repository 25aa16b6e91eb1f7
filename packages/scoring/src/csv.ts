import { createUtf8Check, splitAscii, splitUtf8 } from './utf8.ts'

/**
 * A strict, incremental CSV reader over bytes (RFC 4180 with LF as well as CRLF).
 *
 * Why our own: the well-kept parsers accept what a scoring system must not (stray quotes, lone carriage returns, NUL, broken
 * UTF-8 turned into U+FFFD, rows of any length), do not name the line, or need Node. This one is small, has no
 * configuration besides its limits, and runs in the browser, the server and the worker alike.
 */

export type CsvLimits = {
  /** Bytes of one record after unquoting, at most 65,536 or so: a buffer of this size is kept. */
  recordBytesMax: number
  columnsMax: number
  /** Records, the header included. */
  recordsMax: number
}

export type CsvFault = {
  /** Line of the file, from 1. */
  line: number
  /** A whole sentence for the person who made the file. */
  message: string
}

/** What is wrong inside one cell, while the file around it can be read. */
export type CellFlaw = 'stray_quote' | 'not_utf8'

export interface CsvReader {
  /** @returns the fault that ended the reading, or null. After a fault nothing more is read and the same fault is returned. */
  write(chunk: Uint8Array): CsvFault | null
  /** The file is complete: hands out a last record without a line end. */
  end(): CsvFault | null
}

const LF = 0x0a
const CR = 0x0d
const QUOTE = 0x22
const COMMA = 0x2c
const BOM = [0xef, 0xbb, 0xbf]

const CELL_START = 0
const IN_CELL = 1
const IN_QUOTES = 2
const AFTER_QUOTE = 3

/**
 * @param onRecord  gets each record with the line on which it begins, and the flaws of its cells by their places; an empty line is a record of
 *   one empty cell
 */
export function createCsvReader(
  limits: CsvLimits,
  onRecord: (cells: string[], line: number, flaws: ReadonlyMap<number, CellFlaw> | null) => void,
): CsvReader {
  const bytes = new Uint8Array(limits.recordBytesMax)
  const firstBytes: number[] = []
  const utf8 = createUtf8Check()
  let length = 0
  let ends: number[] = []
  let state = CELL_START
  let sawCarriageReturn = false
  let line = 1
  let recordLine = 1
  let quoteLine = 1
  let records = 0
  let bomMatched = 0
  let fault: CsvFault | null = null
  // Of the record that is being read: then a byte is a letter, and its place in the one is its place in the other.
  let isAscii = true

  let flaws: Map<number, CellFlaw> | null = null

  function refuse(otherwise: string, at = line): void {
    const message = (records === 0 && describeForeignFormat(firstBytes)) || otherwise
    fault ??= { line: at, message: `Line ${at}: ${message}` }
  }

  /** The cell that is being read. */
  function flaw(what: CellFlaw): void {
    flaws ??= new Map()
    if (!flaws.has(ends.length)) flaws.set(ends.length, what)
  }

  function endCell(): void {
    if (ends.length >= limits.columnsMax) {
      refuse(
        `more than ${limits.columnsMax} columns. Leave out the columns that are not asked for.`,
      )
    }
    ends.push(length)
    state = CELL_START
  }

  function endRecord(): void {
    endCell()
    if (fault) return
    records += 1
    if (records > limits.recordsMax) {
      refuse(`more than ${limits.recordsMax} rows. No valid submission is that long.`)
      return
    }
    const cells = isAscii ? splitAscii(bytes, ends) : splitUtf8(bytes, ends, flaws !== null)
    onRecord(cells, recordLine, flaws)
    flaws = null
    length = 0
    ends = []
    isAscii = true
  }

  function keep(byte: number): void {
    if (length >= limits.recordBytesMax) {
      refuse(
        `a row of more than ${limits.recordBytesMax} bytes. Is a closing quote missing?`,
        recordLine,
      )
      return
    }
    bytes[length++] = byte
    if (byte >= 0x80) isAscii = false
  }

  /**
   * What nearly every byte of nearly every file is: part of a cell without quotes, or the end of one. Reads as far as that goes.
   *
   * @returns the place of the first byte that `readByte` has to look at
   */
  function readPlain(chunk: Uint8Array, from: number): number {
    if (sawCarriageReturn || state >= IN_QUOTES || utf8.isInsideCharacter()) return from
    // What is not shared with other functions meanwhile is far faster to count with.
    let kept = length
    let at = from
    for (; at < chunk.length; at += 1) {
      const byte = chunk[at] as number
      if (byte > COMMA && byte < 0x80) {
        if (kept >= limits.recordBytesMax) break
        bytes[kept++] = byte
      } else if (byte === COMMA) {
        if (ends.length >= limits.columnsMax) break
        ends.push(kept)
      } else if (byte === LF) {
        length = kept
        endRecord()
        newLine()
        if (fault) return at
        kept = 0
      } else break
    }
    length = kept
    if (at > from) {
      const last = chunk[at - 1]
      state = last === COMMA || last === LF ? CELL_START : IN_CELL
    }
    return at
  }

  function newLine(): void {
    line += 1
    if (state === IN_QUOTES) return
    recordLine = line
  }

  function readByte(byte: number): void {
    if (sawCarriageReturn) {
      sawCarriageReturn = false
      if (byte !== LF) {
        refuse(
          'a carriage return that no line feed follows. Save the file with LF or CRLF line ends.',
        )
        return
      }
      if (state === IN_QUOTES) keep(CR)
    } else if (byte === CR) {
      sawCarriageReturn = true
      return
    }
    if (byte === 0) {
      refuse('a NUL byte. A submission is plain text.')
      return
    }
    if (!utf8.accepts(byte)) {
      const foreign = records === 0 ? describeForeignFormat(firstBytes) : null
      if (foreign !== null) {
        refuse(foreign)
        return
      }
      flaw('not_utf8')
      utf8.restart()
      // It may begin the next character, or end the cell.
      if (!utf8.accepts(byte)) utf8.restart()
    }
    if (state === IN_QUOTES) {
      if (byte === QUOTE) state = AFTER_QUOTE
      else keep(byte)
      if (byte === LF) newLine()
    } else if (byte === COMMA) {
      endCell()
    } else if (byte === LF) {
      endRecord()
      newLine()
    } else if (state === AFTER_QUOTE) {
      if (byte !== QUOTE) {
        refuse('text after a closing quote. A quote inside a quoted cell is written twice.')
        return
      }
      keep(QUOTE)
      state = IN_QUOTES
    } else if (byte === QUOTE) {
      if (state === IN_CELL) {
        flaw('stray_quote')
        keep(QUOTE)
        return
      }
      state = IN_QUOTES
      quoteLine = line
    } else {
      state = IN_CELL
      keep(byte)
    }
  }

  /** Swallows a byte order mark at the very start; gives back what only looked like one. */
  function readFirst(byte: number): void {
    if (byte === BOM[bomMatched]) {
      bomMatched += 1
      return
    }
    const held = BOM.slice(0, bomMatched)
    bomMatched = BOM.length
    for (const earlier of held) readByte(earlier)
    readByte(byte)
  }

  return {
    write(chunk) {
      for (let at = 0; at < chunk.length && !fault; at += 1) {
        if (bomMatched === BOM.length && firstBytes.length === 4) {
          at = readPlain(chunk, at)
          if (at >= chunk.length || fault) break
        }
        const byte = chunk[at] as number
        if (firstBytes.length < 4) firstBytes.push(byte)
        if (bomMatched < BOM.length) readFirst(byte)
        else readByte(byte)
      }
      return fault
    },
    end() {
      if (fault) return fault
      if (bomMatched > 0 && bomMatched < BOM.length) refuse('bytes that are not UTF-8.')
      else if (sawCarriageReturn) refuse('a carriage return that no line feed follows.')
      else if (state === IN_QUOTES)
        refuse('a quoted cell that begins here is never closed.', quoteLine)
      else if (state !== CELL_START || ends.length > 0) {
        if (utf8.isInsideCharacter()) flaw('not_utf8')
        endRecord()
      }
      return fault
    },
  }
}

function describeForeignFormat([a, b, c, d]: number[]): string | null {
  if (a === 0x50 && b === 0x4b && c === 3 && d === 4) {
    return 'this is a ZIP archive or a spreadsheet (.xlsx), not CSV. Unpack it, or export the sheet as CSV.'
  }
  if (a === 0x1f && b === 0x8b) return 'this file is compressed with gzip. Unpack it first.'
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || a === 0 || b === 0) {
    return 'this file seems to be UTF-16. Save it with the encoding UTF-8.'
  }
  const first = a === BOM[0] ? d : a
  if (first === 0x7b || first === 0x5b) {
    return 'this is JSON, not CSV. In pandas, write it with to_csv(index=False).'
  }
  return null
}
