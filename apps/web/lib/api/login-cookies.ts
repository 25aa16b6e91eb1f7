/**
 * Every distinct value that a raw `Cookie` header gives to one name, undecoded: the same reading as the API's, so that two different
 * logins reach it as two. A parser that keeps the last of them would choose for the visitor.
 */
export function rawCookieValues(header: string | null, name: string): string[] {
  const pairs = (header ?? '').split(';').map((pair) => {
    const equals = pair.indexOf('=')
    return { name: pair.slice(0, Math.max(0, equals)).trim(), value: pair.slice(equals + 1).trim() }
  })
  return [...new Set(pairs.filter((pair) => pair.name === name).map(({ value }) => value))]
}
