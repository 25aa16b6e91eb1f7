import { type Env, variablesOf } from '@medforge/core/settings'

export type ChildName = 'server' | 'reconciler'

const OWN_DATABASE: Record<ChildName, string> = {
  server: 'SERVER_DATABASE_URL',
  reconciler: 'RECONCILER_DATABASE_URL',
}

/** What Node and the programs that it starts need, whatever the process. */
const RUNTIME_VARIABLES = ['PATH', 'HOME', 'TZ', 'LANG', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS']

/** What one child may know of the container's environment: its own variables, and its own way to the database as `DATABASE_URL`. */
export function childEnvironment(name: ChildName, env: Env): Record<string, string> {
  const allowed = new Set([...variablesOf(name), ...RUNTIME_VARIABLES])
  const kept: Record<string, string> = {}
  for (const [variable, value] of Object.entries(env)) {
    if (allowed.has(variable) && value !== undefined) kept[variable] = value
  }
  for (const suffix of ['', '_FILE']) {
    const value = env[`${OWN_DATABASE[name]}${suffix}`]
    if (value !== undefined) kept[`DATABASE_URL${suffix}`] = value
  }
  return kept
}

/** What each child may say to the other, and the field that says of what. */
const RELAYED = {
  server: { to: 'reconciler', fields: { nudge: 'session_id', flushed: 'request_id' } },
  reconciler: { to: 'server', fields: { changed: 'session_id', flush: 'request_id' } },
} as const satisfies Record<ChildName, { to: ChildName; fields: Record<string, string> }>

export type Relay = { to: ChildName; message: { type: string; [field: string]: string } }

/** Where a child's message goes, rebuilt from its two known fields; null for anything that is not the child's to say. */
export function relayOf(from: ChildName, message: unknown): Relay | null {
  const { to, fields } = RELAYED[from]
  const { type } = (message ?? {}) as { type?: unknown }
  if (typeof type !== 'string' || !Object.hasOwn(fields, type)) return null
  const field = (fields as Record<string, string>)[type] ?? ''
  const id = (message as Record<string, unknown>)[field]
  if (typeof id !== 'string' || id.length > 64) return null
  return { to, message: { type, [field]: id } }
}

const BACKOFF_FIRST_MS = 500
const BACKOFF_MAX_MS = 30_000
const STABLE_AFTER_MS = 60_000

/** How long to wait before a dead child is started again, and how many deaths in a row that makes. */
export function nextRestart(
  deathsBefore: number,
  livedMs: number,
): { deaths: number; delayMs: number } {
  const deaths = livedMs >= STABLE_AFTER_MS ? 1 : deathsBefore + 1
  return { deaths, delayMs: Math.min(BACKOFF_FIRST_MS * 2 ** (deaths - 1), BACKOFF_MAX_MS) }
}
