import type { Kind } from './kinds.ts'

/**
 * Who gives a setting its value.
 *
 * - `operator`: the operator, in `.env` or by `--set`.
 * - `domain`: `up`, from DOMAIN, unless the operator chose another value.
 * - `operator-or-up`: the operator; `up` finds it out, or makes it, while it is empty.
 * - `generated`: `up`, once and at random.
 * - `up`: `up`, at every run.
 * - `fixed`: nobody. Compose and `up` rely on the one value.
 * - `compose`: the compose file, in the container only.
 * - `development`: tests and developers. Not in `.env`, and no container gets it.
 */
export type SetBy =
  | 'operator'
  | 'operator-or-up'
  | 'domain'
  | 'generated'
  | 'up'
  | 'fixed'
  | 'compose'
  | 'development'

/** `compose` reads what the compose file itself needs; `cli` is the operator's commands. */
export type Reader = 'server' | 'reconciler' | 'worker' | 'web' | 'caddy' | 'db' | 'compose' | 'cli'

export type Service = 'db' | 'api' | 'api-worker' | 'web' | 'caddy'

export type Setting<Value = unknown> = {
  kind: Kind<Value>
  /** What it does, in Markdown without line breaks. */
  description: string
  /** What follows from a value that has the right form and is wrong all the same. */
  ifWrong?: string
  /** The value of an absent or empty setting. Undefined: it is required. Null: without it there is no such limit or feature. */
  default?: string | null
  /** What `.env.example` shows; the default unless given. */
  example?: string
  setBy: SetBy
  readBy: readonly Reader[]
  isSecret?: true
  /** The value for a domain; takes the place of the default. */
  fromDomain?: (domain: string) => string
  /** What to do instead of giving a fixed setting another value. */
  instead?: string
  /** No value but that of `fromDomain` works. */
  isOnlyFromDomain?: true
  /** Lines of a service's environment in place of the `NAME:`, which hands the value of `.env` over. */
  containers?: Partial<Record<Service, Readonly<Record<string, string>>>>
}

/** Keeps the literal types of an entry, so that a reader of the setting gets its value's type. */
export function setting<Value, const Entry extends Omit<Setting<Value>, 'kind'>>(
  kind: Kind<Value>,
  entry: Entry,
): Entry & { kind: Kind<Value> } {
  return { kind, ...entry }
}
