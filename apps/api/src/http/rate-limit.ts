import { isIPv6 } from 'node:net'
import { BoundedMap } from '@medforge/core/bounded-map'

export type RateLimit = { max: number; windowMs: number }

export interface RateLimiter {
  /** Counts one attempt of `key`. @returns 0 when it may go ahead, else the whole seconds until one will be let through. */
  take(key: string): number
  /** One attempt of `key` less: the last one, which is the caller's but for those that came while it was at work. */
  giveBack(key: string): void
}

// 50,000 addresses with 10 attempts each are about 10 MB; the one that was quiet longest makes room.
const KEYS_MAX = 50_000

/**
 * A sliding window: at most `max` attempts of a key in any `windowMs`. Refused attempts do not count, so the time that a refusal
 * names is true.
 *
 * @param nowMs  monotonic, so that a clock that is set does neither lock out nor let in
 */
export function createRateLimiter(limit: RateLimit, nowMs: () => number): RateLimiter {
  const attempts = new BoundedMap<string, number[]>(KEYS_MAX)

  return {
    take(key) {
      const now = nowMs()
      const recent = (attempts.get(key) ?? []).filter((at) => now - at < limit.windowMs)
      const oldest = recent.length >= limit.max ? recent[0] : undefined
      if (oldest === undefined) recent.push(now)
      attempts.set(key, recent)
      return oldest === undefined
        ? 0
        : Math.max(1, Math.ceil((oldest + limit.windowMs - now) / 1000))
    },
    giveBack(key) {
      attempts.get(key)?.pop()
    },
  }
}

/** The key of a client address. IPv6 counts by /64, the smallest block that one subscriber gets. */
export function rateLimitKey(address: string): string {
  const ipv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (ipv4) return ipv4
  if (!isIPv6(address)) return address
  const [head = '', tail = ''] = address.toLowerCase().split('%')[0]?.split('::') ?? []
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === '' ? [] : tail.split(':')
  const isShort = address.includes('::')
  const zeros = isShort
    ? new Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0')
    : []
  return [...groups, ...zeros, ...rest]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
