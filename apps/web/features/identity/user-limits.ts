import { type AdminUser, type AdminUserChange, LIMIT_RANGES } from '@medforge/contracts'
import { formatBytes } from '../../lib/format.ts'
import type { FieldErrors } from './field-errors.ts'

const GIB = 1024 ** 3

export type LimitField = {
  name: 'cpu' | 'memory_bytes' | 'shm_bytes' | 'storage_bytes'
  label: string
  /** How much of the wire's unit one of the field's is. */
  unit: number
}

export const LIMIT_FIELDS: readonly LimitField[] = [
  { name: 'cpu', label: 'Processors of a session', unit: 1 },
  { name: 'memory_bytes', label: 'Memory of a session, GiB', unit: GIB },
  { name: 'shm_bytes', label: 'Shared memory of a session, GiB', unit: GIB },
  { name: 'storage_bytes', label: 'Storage of the person, GiB', unit: GIB },
]

/** What a field shows of a limit; empty for what everybody gets. */
export function limitText(limits: AdminUser['limits'], { name, unit }: LimitField): string {
  const value = limits[name]
  return value === null ? '' : String(Math.round((value / unit) * 1000) / 1000)
}

/** The change that a form asks for; an empty field is what everybody gets. What is no number or out of range is an error of its field. */
export function readLimits(textOf: (name: string) => string): {
  change: AdminUserChange
  errors: FieldErrors
} {
  const errors: FieldErrors = {}
  const limits: NonNullable<AdminUserChange['limits']> = {}
  for (const { name, unit } of LIMIT_FIELDS) {
    const text = textOf(name).trim().replace(',', '.')
    const { minimum, maximum } = LIMIT_RANGES[name]
    const value = name === 'cpu' ? Number(text) : Math.round(Number(text) * unit)
    if (text === '') limits[name] = null
    else if (value >= minimum && value <= maximum) limits[name] = value
    else {
      const least = name === 'cpu' ? String(minimum) : formatBytes(minimum)
      errors[name] = `A number, at least ${least}; empty for what everybody gets.`
    }
  }
  const sessions = textOf('max_concurrent_sessions').trim()
  if (!/^\d{1,2}$/.test(sessions) || Number(sessions) > 64) {
    errors.max_concurrent_sessions = 'A whole number from 0 to 64.'
  }
  return { change: { max_concurrent_sessions: Number(sessions), limits }, errors }
}

/** The limits of their own that somebody has, in words; null where there are none. */
export function ownLimitsText({
  cpu,
  memory_bytes,
  shm_bytes,
  storage_bytes,
}: AdminUser['limits']) {
  const sizes = { memory: memory_bytes, 'shared memory': shm_bytes, storage: storage_bytes }
  const texts = [
    ...(cpu === null ? [] : [`${cpu} processors`]),
    ...Object.entries(sizes).flatMap(([name, bytes]) =>
      bytes === null ? [] : [`${name} ${formatBytes(bytes)}`],
    ),
  ]
  return texts.length === 0 ? null : texts.join(', ')
}
