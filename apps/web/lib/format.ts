/** By hand instead of `Intl`, whose texts differ between the server and browsers; pages have to hydrate alike. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `23 Nov 2026, 22:11 UTC`; always UTC, because the daily cap and the leaderboard count in UTC too. */
export function formatTimestamp(timestamp: string): string {
  const date = new Date(timestamp)
  return `${formatDay(timestamp)}, ${formatClock(date)} UTC`
}

/** `23 Nov 2026`, in UTC. */
export function formatDay(timestamp: string): string {
  const date = new Date(timestamp)
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`
}

/** `22:11:05 UTC` */
export function formatTimeOfDay(timestamp: string): string {
  return `${timestamp.slice(11, 19)} UTC`
}

function formatClock(date: Date): string {
  return date.toISOString().slice(11, 16)
}

/** The two largest units: `0.8 s`, `42 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function formatDuration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds)
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return pair(minutes, 'min', seconds % 60, 's')
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return pair(hours, 'h', minutes % 60, 'min')
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}

/** `just now`, `5 min ago`, `3 h ago`, then the day. */
export function formatAgo(timestamp: string, now: number): string {
  const ms = now - Date.parse(timestamp)
  if (ms < 45_000) return 'just now'
  if (ms < 3_570_000) return `${Math.round(ms / 60_000)} min ago`
  if (ms < 86_400_000) return `${Math.round(ms / 3_600_000)} h ago`
  return formatDay(timestamp)
}

/** Five decimals: the public contests tell neighbours apart at the fifth. */
export function formatScore(score: number): string {
  return score.toFixed(5)
}

/** To the second digit of its width, and with no more decimals than a score: `0.725 to 0.807`. */
export function formatInterval({ low, high }: { low: number; high: number }): string {
  const width = high - low
  const wanted = width > 0 ? 1 - Math.floor(Math.log10(width)) : 3
  const decimals = Math.min(5, Math.max(0, wanted))
  return `${low.toFixed(decimals)} to ${high.toFixed(decimals)}`
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`
}

/** `5,337` */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}
