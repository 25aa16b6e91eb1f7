/** The only reader of the process environment in the command line. Everything is optional here; callers hold the defaults. */
export type CliEnvironment = {
  root: string
  cacheDir: string
  isDebug: boolean
  /** `DOMAIN` as the caller gave it, or undefined: then `.env` decides, and `localhost` where there is none. */
  domain: string | undefined
  initialAdminEmail: string | undefined
  /** The person behind sudo, whose browser should trust the trial certificate too. */
  invokingUser: string | undefined
  /** What every child process sees: the caller's environment with the administrator's folders on PATH. */
  child: Record<string, string>
}

export function readEnvironment(source: NodeJS.ProcessEnv = process.env): CliEnvironment {
  const child: Record<string, string> = {}
  for (const [name, value] of Object.entries(source)) if (value !== undefined) child[name] = value
  child.PATH = [source.PATH, '/usr/local/sbin', '/usr/sbin', '/sbin'].filter(Boolean).join(':')
  child.LC_ALL = 'C.UTF-8'
  return {
    root:
      source.MEDFORGE_ROOT ?? new URL('../../../..', import.meta.url).pathname.replace(/\/$/, ''),
    cacheDir: source.MEDFORGE_CACHE ?? '/var/cache/medforge',
    isDebug: Boolean(source.MEDFORGE_DEBUG),
    domain: source.DOMAIN || undefined,
    initialAdminEmail: source.INITIAL_ADMIN_EMAIL || undefined,
    invokingUser: source.SUDO_USER && source.SUDO_USER !== 'root' ? source.SUDO_USER : undefined,
    child,
  }
}
