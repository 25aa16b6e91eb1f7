import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'

export type RateLimit = {
  max: number
  windowMs: number
  /** What is more is counted together with others. */
  keysMax?: number
}

export interface RateLimiter {
  /** Counts one attempt of `key`. @returns 0 when it may go ahead, else the whole seconds until one will be let through. */
  take(key: string): number
  /** One attempt of `key` less: the last one, which is the caller's but for those that came while it was at work. */
  giveBack(key: string): void
}

// 50,000 addresses with 10 attempts each are about 10 MB.
const KEYS_MAX = 50_000
const SHARED_KEYS = 1024

/**
 * A sliding window: at most `max` attempts of a key in any `windowMs`. Refused attempts do not count, so the time that a refusal
 * names is true. Nobody's count is lost to other keys: while all that there is room for are in use, new ones share some.
 *
 * @param nowMs  monotonic, so that a clock that is set does neither lock out nor let in
 */
export function createRateLimiter(limit: RateLimit, nowMs: () => number): RateLimiter {
  const { max, windowMs, keysMax = KEYS_MAX } = limit
  // The one whose last attempt is the oldest comes first.
  const attempts = new Map<string, number[]>()
  const shared = new Map<string, number[]>()

  function hasRoom(now: number): boolean {
    if (attempts.size < keysMax) return true
    const [oldest] = attempts
    if (!oldest || now - (oldest[1].at(-1) ?? 0) < windowMs) return false
    return attempts.delete(oldest[0])
  }

  return {
    take(key) {
      const now = nowMs()
      const isOwn = attempts.has(key) || hasRoom(now)
      const [counts, name] = isOwn ? [attempts, key] : [shared, sharedKey(key)]
      const recent = (counts.get(name) ?? []).filter((at) => now - at < windowMs)
      const oldest = recent.length >= max ? recent[0] : undefined
      if (oldest !== undefined) return Math.max(1, Math.ceil((oldest + windowMs - now) / 1000))
      recent.push(now)
      counts.delete(name)
      counts.set(name, recent)
      return 0
    },
    giveBack(key) {
      const own = attempts.get(key)
      if (own === undefined) shared.get(sharedKey(key))?.pop()
      else if (own.length > 1) own.pop()
      else attempts.delete(key)
    },
  }
}

function sharedKey(key: string): string {
  return String(createHash('sha256').update(key).digest().readUInt32BE() % SHARED_KEYS)
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
