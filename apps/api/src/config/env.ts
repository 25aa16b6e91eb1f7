import { readFileSync } from 'node:fs'
import { type Env, fileVariants } from '@medforge/core/settings'

/**
 * The process's environment, with the file of every secret that is given as `NAME_FILE` read into `NAME` (one trailing
 * line break is cut off). A file that cannot be read leaves `NAME_FILE` in place for the reader of the settings to report.
 */
export function readEnv(): Env {
  return resolveFiles(readProcessEnv(), (path) => readFileSync(path, 'utf8'))
}

/** The environment as it was given, files unread; the only function that looks at `process.env`. */
export function readProcessEnv(): Env {
  return { ...process.env }
}

export function resolveFiles(env: Env, readFile: (path: string) => string): Env {
  const resolved: Record<string, string | undefined> = { ...env }
  for (const [name, variant] of fileVariants()) {
    const path = env[variant]
    if (path === undefined || env[name] !== undefined) continue
    try {
      resolved[name] = readFile(path).replace(/\r?\n$/, '')
      delete resolved[variant]
    } catch {}
  }
  return resolved
}
