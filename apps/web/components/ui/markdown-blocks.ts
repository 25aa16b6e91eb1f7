/** The part of Markdown that competition texts use, parsed into plain data; anything else stays as text. */
export type Inline =
  | { kind: 'text' | 'strong' | 'emphasis' | 'code'; text: string }
  | { kind: 'link'; text: string; href: string }

export type Block =
  | { kind: 'heading'; level: 2 | 3; content: Inline[] }
  | { kind: 'paragraph'; content: Inline[] }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'table'; head: Inline[][]; rows: Inline[][][] }
  | { kind: 'code'; text: string }

const FENCE = '```'
const BULLET = /^\s*[-*]\s+/
const NUMBER = /^\s*\d+[.)]\s+/
const TABLE_ROW = /^\s*\|.*\|\s*$/
const TABLE_RULE = /^\s*\|(\s*:?-+:?\s*\|)+\s*$/

export function parseMarkdown(source: string): Block[] {
  const lines = source.replaceAll('\r\n', '\n').split('\n')
  const blocks: Block[] = []
  let index = 0
  while (index < lines.length) {
    const line = lines[index] ?? ''
    if (line.trim() === '') {
      index += 1
    } else if (line.startsWith(FENCE)) {
      const end = lines.findIndex((other, at) => at > index && other.startsWith(FENCE))
      const stop = end === -1 ? lines.length : end
      blocks.push({ kind: 'code', text: lines.slice(index + 1, stop).join('\n') })
      index = stop + 1
    } else if (/^#{1,6}\s/.test(line)) {
      const level = line.startsWith('###') ? 3 : 2
      blocks.push({ kind: 'heading', level, content: parseInline(line.replace(/^#+\s+/, '')) })
      index += 1
    } else if (opensTable(lines, index)) {
      const { block, next } = takeTable(lines, index)
      blocks.push(block)
      index = next
    } else if (BULLET.test(line) || NUMBER.test(line)) {
      const { block, next } = takeList(lines, index)
      blocks.push(block)
      index = next
    } else {
      const start = index
      do index += 1
      while (index < lines.length && continuesParagraph(lines, index))
      blocks.push({ kind: 'paragraph', content: parseInline(joinLines(lines.slice(start, index))) })
    }
  }
  return blocks
}

function takeList(lines: string[], start: number): { block: Block; next: number } {
  const ordered = NUMBER.test(lines[start] ?? '')
  const marker = ordered ? NUMBER : BULLET
  const items: string[][] = []
  let index = start
  for (; index < lines.length; index += 1) {
    const line = lines[index] ?? ''
    if (marker.test(line)) items.push([line.replace(marker, '')])
    else if (/^\s+\S/.test(line)) items.at(-1)?.push(line)
    else break
  }
  const content = items.map((item) => parseInline(joinLines(item)))
  return { block: { kind: 'list', ordered, items: content }, next: index }
}

function opensTable(lines: string[], index: number): boolean {
  return TABLE_ROW.test(lines[index] ?? '') && TABLE_RULE.test(lines[index + 1] ?? '')
}

function takeTable(lines: string[], start: number): { block: Block; next: number } {
  const head = cellsOf(lines[start] ?? '')
  const rows: Inline[][][] = []
  let index = start + 2
  for (; TABLE_ROW.test(lines[index] ?? ''); index += 1) {
    const cells = cellsOf(lines[index] ?? '')
    rows.push(head.map((_name, column) => cells[column] ?? []))
  }
  return { block: { kind: 'table', head, rows }, next: index }
}

function cellsOf(line: string): Inline[][] {
  return line
    .trim()
    .slice(1, -1)
    .split('|')
    .map((cell) => parseInline(cell.trim()))
}

function continuesParagraph(lines: string[], index: number): boolean {
  const line = lines[index] ?? ''
  if (line.trim() === '' || line.startsWith(FENCE) || /^#{1,6}\s/.test(line)) return false
  return !BULLET.test(line) && !NUMBER.test(line) && !opensTable(lines, index)
}

function joinLines(lines: string[]): string {
  return lines.map((line) => line.trim()).join(' ')
}

const INLINE =
  /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\b_([^_\s][^_]*)_\b|\[([^\]]+)\]\((https:\/\/[^\s)]+|\/[^\s)/][^\s)]*)\)/g

/** Links lead to https addresses or to pages of this site; every other target stays visible as text. */
export function parseInline(source: string): Inline[] {
  const parts: Inline[] = []
  let from = 0
  for (const match of source.matchAll(INLINE)) {
    if (match.index > from) parts.push({ kind: 'text', text: source.slice(from, match.index) })
    parts.push(inlineOf(match))
    from = match.index + match[0].length
  }
  if (from < source.length) parts.push({ kind: 'text', text: source.slice(from) })
  return parts
}

function inlineOf(match: RegExpExecArray): Inline {
  const [, code, strong, starred, underlined, label, href] = match
  const emphasis = starred ?? underlined
  if (code !== undefined) return { kind: 'code', text: code }
  if (strong !== undefined) return { kind: 'strong', text: strong }
  if (emphasis !== undefined) return { kind: 'emphasis', text: emphasis }
  return { kind: 'link', text: label ?? '', href: href ?? '/' }
}
