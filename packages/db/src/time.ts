/** A DATETIME(6) in UTC as MariaDB prints it: `2026-02-17 06:46:18.123456`. Kept as text: a JavaScript date would lose the microseconds. */
export type SqlTime = string

/** A DATE in UTC: `2026-02-17`. */
export type SqlDay = string

export function toSqlTime(at: Date): SqlTime {
  return at.toISOString().replace('T', ' ').replace('Z', '000')
}

export function toSqlDay(at: Date): SqlDay {
  return at.toISOString().slice(0, 10)
}

/** The wire's form: RFC 3339 with microseconds and `Z`. */
export function toTimestamp(time: SqlTime): string {
  return `${time.replace(' ', 'T')}Z`
}

/** Milliseconds since the epoch; the microseconds are cut off. */
export function sqlTimeToMs(time: SqlTime): number {
  return Date.parse(`${time.slice(0, 23).replace(' ', 'T')}Z`)
}
