import type { FastifyRequest } from 'fastify'

/** `Prefer` is a list of preferences with parameters (RFC 7240). */
export function prefers(
  request: FastifyRequest,
  preference: 'respond-async' | 'return=minimal',
): boolean {
  const { prefer } = request.headers
  if (prefer === undefined) return false
  const preferences = String(prefer).split(',')
  return preferences.some((item) => item.split(';')[0]?.trim().toLowerCase() === preference)
}
