/** Every distinct value that a `Cookie` header gives to one name, in order. Several headers arrive joined by `; `. */
export function cookieValues(header: string | undefined, name: string): string[] {
  if (header === undefined) return []
  const values = new Set<string>()
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name)
      values.add(pair.slice(equals + 1).trim())
  }
  return [...values]
}

export type LoginCookie = { name: string; domain: string; maxAgeSeconds: number }

/** A `Set-Cookie` value for the login. An empty value with `maxAgeSeconds: 0` removes it. */
export function serializeLoginCookie(value: string, cookie: LoginCookie): string {
  const { name, domain, maxAgeSeconds } = cookie
  return `${name}=${value}; Domain=${domain}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; Secure; SameSite=Lax`
}
