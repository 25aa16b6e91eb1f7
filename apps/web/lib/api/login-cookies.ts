/**
 * The distinct values of one cookie in a raw `Cookie` header, undecoded, read as the API reads them: a parser that keeps the last of two
 * different logins would choose between them. Around names and values only space and tab are ignored.
 */
export function rawCookieValues(header: string | null, name: string): string[] {
  const pairs = (header ?? '').split(';').map((pair) => {
    const equals = pair.indexOf('=')
    const name = withoutBlanks(pair.slice(0, Math.max(0, equals)))
    return { name, value: withoutBlanks(pair.slice(equals + 1)) }
  })
  return [...new Set(pairs.filter((pair) => pair.name === name).map(({ value }) => value))]
}

function withoutBlanks(text: string): string {
  const isBlank = (at: number) => text[at] === ' ' || text[at] === '\t'
  let [from, to] = [0, text.length]
  while (from < to && isBlank(from)) from += 1
  while (to > from && isBlank(to - 1)) to -= 1
  return text.slice(from, to)
}
