/** `domain` null: for the host that answers alone. */
export type CookieAttributes = { name: string; domain: string | null; maxAgeSeconds: number }

/** A `Set-Cookie` value that no script reads. An empty value with `maxAgeSeconds: 0` removes the cookie. */
export function serializeCookie(value: string, attributes: CookieAttributes): string {
  const domain = attributes.domain === null ? '' : ` Domain=${attributes.domain};`
  return `${attributes.name}=${value};${domain} Path=/; Max-Age=${attributes.maxAgeSeconds}; HttpOnly; Secure; SameSite=Lax`
}
