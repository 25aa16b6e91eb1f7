export type ContainerLimits = {
  cpus: number
  memoryBytes: number
  shmBytes: number
  pids: number
}

/** What the settings give to every session. Null: nobody set it. */
export type DefaultLimits = Omit<ContainerLimits, 'shmBytes'> & { shmBytes: number | null }

/** The limits of one launch; nothing else decides them. */
export function limitsOfLaunch(defaults: DefaultLimits): ContainerLimits {
  return { ...defaults, shmBytes: defaults.shmBytes ?? Math.floor(defaults.memoryBytes / 4) }
}
