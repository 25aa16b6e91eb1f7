/**
 * Every distinct value that a raw `Cookie` header gives to one name, undecoded: the same reading as the API's, so that two different
 * logins reach it as two, and only space and tab mean nothing around names and values. A parser that keeps the last of them would choose
 * for the visitor.
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
