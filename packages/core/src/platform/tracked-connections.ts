/** The kernel's table of connections in the host's network namespace. When it is full, nobody on the host gets a new one. */
export type TrackedConnections = { count: number; max: number }

/** Its two figures, in this order. Absent where no rule of the host tracks connections. */
export const TRACKED_CONNECTIONS_FILES = [
  '/proc/sys/net/netfilter/nf_conntrack_count',
  '/proc/sys/net/netfilter/nf_conntrack_max',
] as const

const ALARM_PERCENT = 80

/** The two figures as text, blanks between them; null where they are not there. */
export function readTrackedConnections(text: string): TrackedConnections | null {
  const [, count, max] = /^\s*(\d+)\s+(\d+)\s*$/.exec(text) ?? []
  return count === undefined || max === undefined
    ? null
    : { count: Number(count), max: Number(max) }
}

/** Whole percent in use from 80 on; null where there is room. */
export function alarmingShare({ count, max }: TrackedConnections): number | null {
  const percent = Math.floor((count / max) * 100)
  return percent >= ALARM_PERCENT ? percent : null
}
