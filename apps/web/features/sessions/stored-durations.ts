import type { UsualDurations } from './timeline.ts'

/** Whatever is in the store, only whole positive numbers come out of it. */
export function parseStored(stored: string | null): UsualDurations {
  if (stored === null) return {}
  try {
    const entries = Object.entries(JSON.parse(stored) as Record<string, unknown>)
    return Object.fromEntries(
      entries.filter(([, value]) => typeof value === 'number' && value > 0),
    ) as UsualDurations
  } catch {
    return {}
  }
}
