import { randomUUID } from 'node:crypto'
import type { HostReport, Reason } from '@medforge/core'

/** Parts of the host that have to work before a session can start. */
export type HostPart =
  | 'docker'
  | 'pool'
  | 'network'
  | 'image'
  | 'firewall'
  | 'ports'
  | 'gpus'
  | 'overdue'
  | 'sockets'
  | 'connections'

// A session that does not stop in time, a socket that cannot be cut and many connections concern the operator and are no reason to refuse
// another session; GPUs that are gone are not handed out.
const HARMLESS_TO_STARTS: readonly HostPart[] = ['overdue', 'sockets', 'connections', 'gpus']

// A platform that was just started is not at fault for these, and waiting does not end them.
const OPERATOR_CODES: readonly string[] = ['pool_low', 'connections_high']

/** What the reconciler knows about its host, in memory; the heartbeat publishes it. */
export interface HostState {
  /** Null: this part works. A part that was never reported counts as not yet checked. */
  set(part: HostPart, reason: Reason | null): void
  /** What the pool can hold, in bytes. */
  setPoolBytes(bytes: number): void
  /** The worst reason why no container may be started now, or null. */
  startBlocker(): Reason | null
  report(): HostReport
  /** Called when the report has become another one. */
  onChange(listener: () => void): void
}

const UNCHECKED: Reason = { code: 'unchecked', text: 'The host is still being checked.' }

function textsOf(reasons: readonly Reason[]): string[] {
  return [...new Set(reasons.map(({ text }) => text))]
}

export function createHostState(): HostState {
  const bootId = randomUUID()
  const known = new Map<HostPart, Reason | null>([
    ['docker', UNCHECKED],
    ['pool', UNCHECKED],
    ['network', UNCHECKED],
    ['image', UNCHECKED],
    ['firewall', UNCHECKED],
    ['ports', UNCHECKED],
    ['gpus', UNCHECKED],
  ])

  let poolBytes: number | undefined
  let onChange = () => {}

  function startBlocker(): Reason | null {
    for (const [part, reason] of known) {
      if (reason && !HARMLESS_TO_STARTS.includes(part)) return reason
    }
    return null
  }

  return {
    startBlocker,
    set(part, reason) {
      const before = known.get(part)
      known.set(part, reason)
      if (before?.text !== reason?.text) onChange()
    },
    setPoolBytes(bytes) {
      poolBytes = bytes
    },
    onChange(listener) {
      onChange = listener
    },
    report() {
      const reasons = [...known.values()].filter((reason) => reason !== null)
      const operators = reasons.filter(({ code }) => OPERATOR_CODES.includes(code))
      return {
        able: startBlocker() === null,
        reasons: textsOf(reasons),
        ...(operators.length > 0 ? { operator_reasons: textsOf(operators) } : {}),
        boot_id: bootId,
        ...(poolBytes === undefined ? {} : { pool_bytes: poolBytes }),
      }
    },
  }
}
