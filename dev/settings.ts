import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const REPOSITORY = fileURLToPath(new URL('..', import.meta.url))
/** Everything that the inner loop keeps; git ignores it, and it may be deleted at any time while nothing runs. */
export const DEV_DIR = join(REPOSITORY, '.dev')

export const DOMAIN = 'localhost'
export const WEB_HOST = `medforge.${DOMAIN}`
export const API_HOST = `api.${WEB_HOST}`
export const PACK_IMAGE = `dev/pack@sha256:${'0'.repeat(64)}`
export const WORKSPACE_ROOT = 'tank/medforge/workspaces'

export const FOLDERS = {
  submissions: join(DEV_DIR, 'submissions'),
  publicParts: join(DEV_DIR, 'competitions/public'),
  hiddenParts: join(DEV_DIR, 'competitions/hidden'),
}

/** A random text that stays the same while the folder lives, so that logins and demo holdouts outlive a restart. */
export function keptSecret(name: string): string {
  const file = join(DEV_DIR, `${name}.secret`)
  if (!existsSync(file)) {
    mkdirSync(DEV_DIR, { recursive: true })
    writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600 })
  }
  return readFileSync(file, 'utf8')
}

/** What server, reconciler and worker read; each of them takes its own part. */
export function processEnvironment(databaseUrl: string, apiPort: number): Record<string, string> {
  return {
    NODE_ENV: 'development',
    NODE_COMPILE_CACHE: join(DEV_DIR, 'compile-cache'),
    DOMAIN,
    DATABASE_URL: databaseUrl,
    SERVER_DATABASE_URL: databaseUrl,
    RECONCILER_DATABASE_URL: databaseUrl,
    SESSION_SECRET: keptSecret('session'),
    API_PORT: String(apiPort),
    TRUSTED_PROXIES: '127.0.0.1',
    AUTH_RATE_LIMIT: '1000',
    PACK_IMAGE,
    API_IMAGE: PACK_IMAGE,
    GPU_MODE: 'simulated',
    WORKSPACE_ZFS_ROOT: WORKSPACE_ROOT,
    // The seeded launch stays in sight for an hour.
    SESSION_CONTAINER_START_TIMEOUT_SECONDS: '3600',
    SESSION_CONTAINER_STOP_TIMEOUT_SECONDS: '3600',
    SUBMISSIONS_DIR: FOLDERS.submissions,
    COMPETITIONS_PUBLIC_DIR: FOLDERS.publicParts,
    COMPETITIONS_DATA_DIR: FOLDERS.hiddenParts,
  }
}
