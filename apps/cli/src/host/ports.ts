import { Failure } from '../failure.ts'
import { run } from '../process.ts'

export type Listener = { address: string; port: number; pid: number | undefined; process: string }

/** A port that must be free, or held by `mine`. */
export type PortNeed = {
  port: number
  address: string
  what: string
  mine: (listener: Listener) => boolean
  remedy: string
}

/** Every TCP listener as `ss -H -ltnp` prints it; the process is 'an unknown process' where the kernel does not say. */
export function parseListeners(output: string): Listener[] {
  const listeners: Listener[] = []
  for (const line of output.split('\n')) {
    const [, , , local, , users] = line.trim().split(/\s+/)
    const at = local?.lastIndexOf(':') ?? -1
    if (local === undefined || at < 0) continue
    const port = Number(local.slice(at + 1))
    if (!Number.isInteger(port)) continue
    const owner = /\("([^"]+)",pid=(\d+)/.exec(users ?? '')
    listeners.push({
      address: local
        .slice(0, at)
        .replace(/^\[|\]$/g, '')
        .replace(/%.*$/, ''),
      port,
      pid: owner?.[2] === undefined ? undefined : Number(owner[2]),
      process: owner?.[1] ?? 'an unknown process',
    })
  }
  return listeners
}

/** Whether a listener at `held` keeps `wanted` from being bound. */
export function overlaps(held: string, wanted: string): boolean {
  const isAny = (address: string) => ['*', '0.0.0.0', '::'].includes(address)
  return isAny(held) || isAny(wanted) || held === wanted
}

/** @throws Failure naming every taken port and who has it */
export async function checkPorts(needs: PortNeed[]): Promise<void> {
  const output = await run('ss', ['-H', '-ltnp'])
  const conflicts = findConflicts(parseListeners(output.stdout), needs)
  const first = conflicts[0]
  if (first === undefined) return
  const texts = conflicts.map(({ need, listener }) => {
    const who =
      listener.pid === undefined ? listener.process : `${listener.process} (pid ${listener.pid})`
    return `port ${need.port} (${need.what}) is taken by ${who}`
  })
  throw new Failure(
    `${capitalise(texts.join(', and '))}.`,
    [...new Set(conflicts.map(({ need }) => need.remedy))].join(' '),
  )
}

export function findConflicts(
  listeners: Listener[],
  needs: PortNeed[],
): { need: PortNeed; listener: Listener }[] {
  return needs.flatMap((need) => {
    const listener = listeners.find(
      (held) => held.port === need.port && overlaps(held.address, need.address) && !need.mine(held),
    )
    return listener === undefined ? [] : [{ need, listener }]
  })
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
