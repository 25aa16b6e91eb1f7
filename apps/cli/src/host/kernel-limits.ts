import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export const KERNEL_LIMITS_FILE = '/etc/sysctl.d/60-medforge.conf'

/**
 * Kernel objects that are counted by user id, and all sessions run as one: seven times what one person's heavy IDE may need, so that an
 * honest one leaves enough to its neighbours. What they hold in memory counts against the session that made them.
 */
export const KERNEL_LIMITS = {
  /** One a watching process; kernels allow a person 128. */
  'fs.inotify.max_user_instances': 8_192,
  /** VS Code recommends 524,288 for a large folder. */
  'fs.inotify.max_user_watches': 4_194_304,
  /** In pages. Beyond it a new pipe holds 8 KiB; kernels allow a person 16,384. */
  'fs.pipe-user-pages-soft': 131_072,
} as const

export type KernelLimit = keyof typeof KERNEL_LIMITS
export type KernelLimits = Partial<Record<KernelLimit, number>>

const NAMES = Object.keys(KERNEL_LIMITS) as KernelLimit[]

/** The limits that are lower than sessions need; 0 of a soft limit is none. */
export function findLowLimits(current: KernelLimits): KernelLimit[] {
  return NAMES.filter((name) => {
    const value = current[name] ?? -1
    return value < KERNEL_LIMITS[name] && !(name === 'fs.pipe-user-pages-soft' && value === 0)
  })
}

/** The limits as they are; one that the kernel does not have is left out. */
export function readKernelLimits(root = '/proc/sys'): KernelLimits {
  const entries = NAMES.flatMap((name): [string, number][] => {
    try {
      return [[name, Number(readFileSync(fileOf(root, name), 'utf8').trim())]]
    } catch {
      return []
    }
  })
  return Object.fromEntries(entries)
}

/**
 * Raise what is too low, now and at every boot; what is higher stays.
 *
 * @returns the names of what was raised, and of what the host does not let anybody change
 */
export function raiseKernelLimits({ root = '/proc/sys', file = KERNEL_LIMITS_FILE } = {}) {
  mkdirSync(dirname(file), { recursive: true })
  const lines = NAMES.map((name) => `${name} = ${KERNEL_LIMITS[name]}\n`)
  writeFileSync(file, `# Written by ./medforge up.\n${lines.join('')}`)
  const raised: KernelLimit[] = []
  const refused: KernelLimit[] = []
  for (const name of findLowLimits(readKernelLimits(root))) {
    try {
      writeFileSync(fileOf(root, name), String(KERNEL_LIMITS[name]))
      raised.push(name)
    } catch {
      refused.push(name)
    }
  }
  return { raised, refused }
}

function fileOf(root: string, name: string): string {
  return `${root}/${name.replaceAll('.', '/')}`
}
