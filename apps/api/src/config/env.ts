import { readFileSync } from 'node:fs'

/** The environment as text; the only place that looks at `process.env`. */
export type Env = Readonly<Record<string, string | undefined>>

/**
 * The process's environment, with every `NAME_FILE` read into `NAME` (for secrets that are mounted as files; one trailing line break is
 * cut off). A file that cannot be read leaves `NAME_FILE` in place for `config.ts` to report.
 */
export function readEnv(): Env {
  return resolveFiles(readProcessEnv(), (path) => readFileSync(path, 'utf8'))
}

/** The environment as it was given, files unread; for the supervisor, which only hands it on. */
export function readProcessEnv(): Env {
  return { ...process.env }
}

export function resolveFiles(env: Env, readFile: (path: string) => string): Env {
  const resolved: Record<string, string | undefined> = { ...env }
  for (const name of FILE_VARIANTS) {
    const path = env[`${name}_FILE`]
    if (path === undefined || env[name] !== undefined) continue
    try {
      resolved[name] = readFile(path).replace(/\r?\n$/, '')
      delete resolved[`${name}_FILE`]
    } catch {}
  }
  return resolved
}

const FILE_VARIANTS = ['SESSION_SECRET', 'DATABASE_URL'] as const
