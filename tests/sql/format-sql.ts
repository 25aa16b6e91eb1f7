const WIDTH = 100
const PARTS =
  /\( ?(?=select\b)|\(| ?\)| (?:(?<!delete )from|(?:inner |left )?join|(?<!select )straight_join|where|group by|having|order by|limit|union all|set|values|on duplicate key update|for update|lock in share mode)\b/gi

/** A statement with each clause of each of its queries on a line of its own, and long lines wrapped. */
export function formatSql(statement: string): string {
  const isQuery: boolean[] = []
  const newLine = () => `\n${'  '.repeat(isQuery.filter(Boolean).length)}`
  const flat = statement.trim().replace(/\s+/g, ' ')
  const text = flat.replace(PARTS, (part, at: number) => {
    if (part.startsWith('(')) {
      isQuery.push(/^\( ?select/i.test(flat.slice(at)))
      return isQuery.at(-1) ? `(${newLine()}` : '('
    }
    if (part.endsWith(')')) return isQuery.pop() ? `${newLine()})` : ')'
    return isQuery.at(-1) === false ? part : `${newLine()}${part.trimStart()}`
  })
  return text.split('\n').flatMap(wrap).join('\n')
}

function wrap(line: string): string[] {
  const indent = `${/^ */.exec(line)?.[0]}  `
  const lines: string[] = []
  let current = ''
  for (const part of line.split(/(?<=,) (?!\?)| (?=(?:and|or) )/i)) {
    if (current !== '' && current.length + part.length >= WIDTH) {
      lines.push(current)
      current = indent + part
    } else current += current === '' ? part : ` ${part}`
  }
  return [...lines, current]
}
