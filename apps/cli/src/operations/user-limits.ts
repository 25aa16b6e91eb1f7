import { type AdminUser, SESSION_LIMIT_MAX } from '@medforge/contracts'
import { type AccountLimits, formatGib } from '@medforge/core'
import { SETTINGS } from '@medforge/core/settings'
import { Failure } from '../failure.ts'

/** Limits of one person as an operator types them. */
export type LimitWords = Partial<Record<keyof AccountLimits, string>>

const MIB = 1024 ** 2
const GIB = 1024 ** 3
const DEFAULT = 'default'

/**
 * @param host  a session that may use more than this could never start
 * @throws Failure for what is no such limit, and where there is none
 */
export function parseLimits(
  words: LimitWords,
  host: { processors: number; memoryBytes: number },
): AccountLimits {
  const { sessions, cpu, memory, shm, storage } = words
  const { processors, memoryBytes } = host
  const limits: AccountLimits = {
    ...(sessions === undefined ? {} : { sessions: parseSessions(sessions) }),
    ...(cpu === undefined ? {} : { cpu: parseCpu(cpu, processors) }),
    ...(memory === undefined
      ? {}
      : { memory: parseSize('memory', memory, { min: 256 * MIB, max: memoryBytes }) }),
    ...(shm === undefined ? {} : { shm: parseSize('shm', shm, { min: MIB, max: memoryBytes }) }),
    ...(storage === undefined
      ? {}
      : { storage: parseSize('storage', storage, { min: GIB, max: Number.MAX_SAFE_INTEGER }) }),
  }
  if (Object.keys(limits).length > 0) return limits
  throw new Failure(
    'There is no limit to change.',
    'Give a number of sessions, or --cpu, --memory, --shm or --storage.',
  )
}

function parseSessions(text: string): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count <= SESSION_LIMIT_MAX) return count
  throw new Failure(
    `${text} is no number of sessions.`,
    `Give a whole number from 0 to ${SESSION_LIMIT_MAX}; 0 lets nobody launch, and ends nothing.`,
  )
}

function parseCpu(text: string, processors: number): number | null {
  if (text === DEFAULT) return null
  const cpu = SETTINGS.SESSION_CPU_LIMIT.kind.parse(text)
  if (cpu !== undefined && cpu <= processors) return cpu
  throw new Failure(
    `${text} is no number of processors that this host can give a session.`,
    `Give a number from 0.1 to ${processors}, or "${DEFAULT}".`,
  )
}

function parseSize(
  name: 'memory' | 'shm' | 'storage',
  text: string,
  { min, max }: { min: number; max: number },
): number | null {
  if (text === DEFAULT) return null
  const bytes = SETTINGS.SESSION_MEM_LIMIT.kind.parse(text)
  if (bytes !== undefined && bytes >= min && bytes <= max) return bytes
  const range = max === Number.MAX_SAFE_INTEGER ? '' : ` and at most the host's ${formatGib(max)}`
  throw new Failure(
    `--${name} cannot be ${text}.`,
    `Give a size such as 16g, at least ${formatGib(min)}${range}, or "${DEFAULT}".`,
  )
}

/** What this person gets in place of what everybody gets; null where that is nothing. */
export function showLimits({ limits }: Pick<AdminUser, 'limits'>): string | null {
  const { cpu, memory_bytes, shm_bytes, storage_bytes } = limits
  const sizes = { memory: memory_bytes, shm: shm_bytes, storage: storage_bytes }
  const shown = [
    ...(cpu === null ? [] : [`cpu ${cpu}`]),
    ...Object.entries(sizes).flatMap(([name, bytes]) =>
      bytes === null ? [] : [`${name} ${formatGib(bytes)}`],
    ),
  ]
  return shown.length === 0 ? null : shown.join(', ')
}
