import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { underPoolLock } from '@medforge/core/pool-lock'
import { createDatabase, type DB } from '@medforge/db'
import type { Kysely } from 'kysely'

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const ENV_FILE = `${REPOSITORY}/deploy/compose/.env`
/** Only the cell has this file, and only inside. */
const CELL_MARKER = '/run/medforge-cell-inside'

/** The installation that the tests talk to. */
export type Installation = {
  domain: string
  webHost: string
  apiHost: string
  sessionHost: (slug: string) => string
  settings: Record<string, string>
}

/**
 * The installation of the test cell that this process is in.
 *
 * These tests sign up people, fill every GPU and break things, so anywhere else they refuse to start.
 */
export function readInstallation(): Installation {
  if (!existsSync(CELL_MARKER)) {
    throw new Error('These tests belong into a test cell. Run them with ./medforge test.')
  }
  const settings: Record<string, string> = {}
  for (const line of readFileSync(ENV_FILE, 'utf8').split('\n')) {
    const [, name, value] = /^([A-Z0-9_]+)=(.*)$/.exec(line) ?? []
    if (name !== undefined && value !== undefined) settings[name] = value
  }
  const domain = settings.DOMAIN
  if (!domain) throw new Error(`${ENV_FILE} has no DOMAIN. Did ./medforge up end well?`)
  return {
    domain,
    webHost: `medforge.${domain}`,
    apiHost: `api.medforge.${domain}`,
    sessionHost: (slug) => `s-${slug}.medforge.${domain}`,
    settings,
  }
}

/** The platform's database with the operator's account, for what no API offers. Close it with `await using`. */
export function openDatabase(installation: Installation): Kysely<DB> {
  return createDatabase(installation.settings.DATABASE_URL ?? '', { poolSize: 2 })
}

const execute = promisify(execFile)

/** Run a program of the host; its standard output. Rejects with what it complained about. */
export async function runOnHost(file: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute(file, args, { maxBuffer: 32 * 1024 * 1024, timeout: 120_000 })
  return stdout
}

/** As `runOnHost`, for what mounts or unmounts datasets: the pool's lock keeps it apart from everybody else who does. */
export function runOnPool(program: string, ...args: string[]): Promise<string> {
  const [holder, rest] = underPoolLock([program, ...args], { waitSeconds: 60 })
  return runOnHost(holder, ...rest)
}

export const docker = (...args: string[]) => runOnHost('docker', ...args)

/** A command in a container, as that container's own user. */
export const inContainer = (container: string, ...command: string[]) =>
  docker('exec', container, ...command)

/** Ask until the answer is good enough; rejects with the title when time is up. */
export async function eventually<T>(
  probe: () => Promise<T | undefined | false>,
  title: string | (() => string),
  limits: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + (limits.timeoutMs ?? 30_000)
  for (;;) {
    const answer = await probe()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > deadline) {
      const what = typeof title === 'string' ? title : title()
      throw new Error(`Not within the time: ${what}.`)
    }
    await new Promise((resolve) => setTimeout(resolve, limits.everyMs ?? 200))
  }
}

/** What is promised, or a rejection when it takes longer. */
export function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`Nothing within ${timeoutMs} ms.`)), timeoutMs)
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
