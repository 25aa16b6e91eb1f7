export type ContainerLimits = {
  cpus: number
  memoryBytes: number
  shmBytes: number
  pids: number
}

/** What the settings give to every session. Null: nobody set it. */
export type DefaultLimits = Omit<ContainerLimits, 'shmBytes'> & { shmBytes: number | null }

/**
 * The limits of one launch; nothing else decides them.
 *
 * @param own  what this person gets in place of the defaults
 */
export function limitsOfLaunch(
  defaults: DefaultLimits,
  own: Partial<ContainerLimits>,
): ContainerLimits {
  const limits = { ...defaults, ...own }
  return { ...limits, shmBytes: limits.shmBytes ?? Math.floor(limits.memoryBytes / 4) }
}
