/**
 * Every distinct value that a `Cookie` header gives to one name, in order. Several headers arrive joined by `; `.
 *
 * Around a name and a value only space and tab mean nothing. Everything else belongs to them, as it does to the edge, which takes the login
 * out of what a session gets: a name that only one of the two takes for the login's would let it through.
 */
export function cookieValues(header: string | undefined, name: string): string[] {
  if (header === undefined) return []
  const values = new Set<string>()
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0 && withoutBlanks(pair.slice(0, equals)) === name)
      values.add(withoutBlanks(pair.slice(equals + 1)))
  }
  return [...values]
}

function withoutBlanks(text: string): string {
  const isBlank = (at: number) => text[at] === ' ' || text[at] === '\t'
  let [from, to] = [0, text.length]
  while (from < to && isBlank(from)) from += 1
  while (to > from && isBlank(to - 1)) to -= 1
  return text.slice(from, to)
}

/** `domain` null: for the host that answers alone. */
export type CookiePlace = { name: string; domain: string | null; maxAgeSeconds: number }

/** A `Set-Cookie` value that no script reads. An empty value with `maxAgeSeconds: 0` removes the cookie. */
export function serializeCookie(value: string, place: CookiePlace): string {
  const domain = place.domain === null ? '' : ` Domain=${place.domain};`
  return `${place.name}=${value};${domain} Path=/; Max-Age=${place.maxAgeSeconds}; HttpOnly; Secure; SameSite=Lax`
}
