import type { FastifyRequest } from 'fastify'

/** The seconds of `wait` (RFC 7240), as far as they lie in 0…`max`; `max` where it is not there, or no whole number. */
export function preferredWaitSeconds(request: FastifyRequest, max: number): number {
  const [, seconds] =
    /(?:^|,)\s*wait\s*=\s*(\d{1,9})\s*(?:[;,]|$)/i.exec(preferencesOf(request)) ?? []
  return seconds === undefined ? max : Math.min(Number(seconds), max)
}

/** `Prefer` is a list of preferences with parameters (RFC 7240). */
export function prefers(
  request: FastifyRequest,
  preference: 'respond-async' | 'return=minimal',
): boolean {
  const preferences = preferencesOf(request).split(',')
  return preferences.some((item) => item.split(';')[0]?.trim().toLowerCase() === preference)
}

function preferencesOf({ headers: { prefer = [] } }: FastifyRequest): string {
  return typeof prefer === 'string' ? prefer : prefer.join(',')
}
