/**
 * Every distinct value that a `Cookie` header gives to each of these names, in order. Several headers arrive joined by `; `.
 *
 * Around a name and a value only space and tab mean nothing. Everything else belongs to them, as it does to the edge, which takes the login
 * out of what a session gets: a name that only one of the two takes for the login's would let it through. The values stay as they were sent, and two that differ stay
 * two: a parser that keeps the last would choose between two logins.
 */
export function cookieValues<Name extends string>(
  header: string | undefined,
  names: readonly Name[],
): Record<Name, string[]> {
  const values = new Map<string, string[]>(names.map((name) => [name, []]))
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=')
    const known = equals > 0 ? values.get(withoutBlanks(pair.slice(0, equals))) : undefined
    if (!known) continue
    const value = withoutBlanks(pair.slice(equals + 1))
    if (!known.includes(value)) known.push(value)
  }
  return Object.fromEntries(values) as Record<Name, string[]>
}

function withoutBlanks(text: string): string {
  const isBlank = (at: number) => text[at] === ' ' || text[at] === '\t'
  let [from, to] = [0, text.length]
  while (from < to && isBlank(from)) from += 1
  while (to > from && isBlank(to - 1)) to -= 1
  return text.slice(from, to)
}
