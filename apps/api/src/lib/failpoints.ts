import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Places in the code at which tests make a process die, fail, hang or wait: one after every step of creating and stopping a session, of
 * scoring and of an upload, each of them before the next step. Off unless `MEDFORGE_FAILPOINTS` names some (docs/contributing.md).
 */
export const FAILPOINTS = [
  'c1.before_commit',
  'c2.row_committed',
  'c3.dataset_created',
  'c4.dataset_prepared',
  'c5.container_created',
  'c6.container_started',
  'c7.healthy',
  'c8.marked_running',
  's1.marked_stopping',
  's2.stop_sent',
  's3.exited',
  's4.removed',
  's5.snapshot_taken',
  's5.usage_recorded',
  's6.marked_stopped',
  'w1.claimed',
  'w2.read',
  'w3.computed',
  'w4.written_uncommitted',
  'w5.committed',
  'u1.temp_written',
  'u2.renamed',
  'u3.row_committed',
] as const

export type FailpointName = (typeof FAILPOINTS)[number]

/** Passed a place where a test may want this process to fail. Rejects only where `throw` was asked for. */
export type Failpoint = (name: FailpointName) => Promise<void>

const PASSED = Promise.resolve()

/** Nothing fails: what every process uses unless it was told otherwise. */
export const noFailpoint: Failpoint = () => PASSED

export type FailpointAction =
  | { kind: 'kill' }
  | { kind: 'exit' }
  | { kind: 'throw' }
  | { kind: 'hang' }
  | { kind: 'sleep'; ms: number }

/** Plain data: it travels to a thread. */
export type FailpointRule = {
  name: FailpointName
  /** At one passing only, whatever is restarted meanwhile: a file in the folder remembers that it happened. */
  isOnce: boolean
  /** At the nth passing of this process (and of this thread), counted from 1; null: at every one. */
  nth: number | null
  action: FailpointAction
}

/** Null: off. `folder` is where `once:` leaves its marks. */
export type FailpointSettings = { rules: readonly FailpointRule[]; folder: string } | null

const RULE =
  /^(?<name>[a-z0-9._]+)=(?<once>once:)?(?:nth:(?<nth>[1-9]\d{0,5}):)?(?<action>kill|exit|throw|hang|sleep:(?<ms>\d{1,7}))$/

/** `name=action[,name=action…]`; undefined when a name or an action is not known, or a name comes twice. */
export function parseFailpoints(text: string): FailpointRule[] | undefined {
  const rules: FailpointRule[] = []
  for (const part of text.split(',')) {
    const groups = RULE.exec(part.trim())?.groups
    const name = FAILPOINTS.find((known) => known === groups?.name)
    if (!groups || !name || rules.some((rule) => rule.name === name)) return undefined
    rules.push({
      name,
      isOnce: groups.once !== undefined,
      nth: groups.nth === undefined ? null : Number(groups.nth),
      action: actionOf(groups.action ?? '', Number(groups.ms)),
    })
  }
  return rules
}

function actionOf(word: string, ms: number): FailpointAction {
  if (word.startsWith('sleep')) return { kind: 'sleep', ms }
  return { kind: word as 'kill' | 'exit' | 'throw' | 'hang' }
}

/** What a failpoint set to `throw` rejects with. */
export class FailpointError extends Error {
  override readonly name = 'FailpointError'

  constructor(failpoint: FailpointName) {
    super(`The failpoint ${failpoint} was asked to throw.`)
  }
}

/** How the process ends; replaced in tests. */
export type Endings = { kill(): void; exit(): void }

const ENDINGS: Endings = {
  kill: () => process.kill(process.pid, 'SIGKILL'),
  exit: () => process.exit(1),
}

/** The failpoints that the settings ask for; the shared no-op where they ask for none. */
export function createFailpoint(
  settings: FailpointSettings,
  endings: Endings = ENDINGS,
): Failpoint {
  if (settings === null) return noFailpoint
  const { folder } = settings
  const rules = new Map(settings.rules.map((rule) => [rule.name, { ...rule, passed: 0 }]))
  return async (name) => {
    const rule = rules.get(name)
    if (!rule) return
    rule.passed += 1
    if (rule.nth !== null && rule.passed !== rule.nth) return
    if (rule.isOnce && !leaveMark(join(folder, name))) return
    await act(rule.name, rule.action, endings)
  }
}

/** @returns false where the mark was there already */
function leaveMark(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx'))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function act(name: FailpointName, action: FailpointAction, endings: Endings): Promise<void> {
  switch (action.kind) {
    case 'kill':
      endings.kill()
      return new Promise(() => {}) // the signal may take a moment; nothing more happens here
    case 'exit':
      endings.exit()
      return new Promise(() => {})
    case 'hang':
      return new Promise(() => {})
    case 'throw':
      throw new FailpointError(name)
    case 'sleep':
      await sleep(action.ms)
  }
}
