import type { GpuMode } from '@medforge/contracts'
import type { Reason } from '@medforge/core'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { HostCheck } from '../host/checks.ts'
import { HostAwayError, HostRefusedError } from '../host-error.ts'
import {
  assignDevices,
  type GpuFacts,
  type GpuInventory,
  type GpuRow,
  knownDevices,
  simulatedDevices,
} from './inventory.ts'
import { isClearedFault, judgeGpu, judgeUnseen } from './quarantine.ts'
import { recordFacts } from './record-facts.ts'
import { countEnded, type Holders, listGpuRows, readHolders } from './repository.ts'

export type GpuCheckDeps = {
  db: Kysely<DB>
  clock: Clock
  mode: GpuMode
  inventory: GpuInventory
  logger: Logger
}

// How often the devices are inspected: while all are healthy, and while one may become so by itself.
const USUAL_MS = 60_000
const SOON_MS = 15_000
// How long a launch waits to learn that its GPU is clean before it is retried.
const FIT_LIMIT_MS = 10_000

const SILENT: Reason = { code: 'gpus_silent', text: 'The GPUs of this host do not answer.' }
const UNSEEN: Reason = { code: 'gpus_away', text: 'The GPUs of this host could not be inspected.' }

const GPU_UNFIT =
  'The GPU that was reserved is not fit for use, and is out of use now. Launch again to get another.'
const GPU_UNSEEN = 'The reserved GPU is still being inspected; trying again.'

type Inspection = { atMs: number; reason: Reason | null; isAwaited: boolean; holders: Holders }

export interface GpuWatch {
  /**
   * Keeps the slots in step with the devices. It reads the rows at every scan; the devices are inspected when the last answer is old, when a
   * session has let go of one, and when the operator has cleared one.
   */
  check: HostCheck & { run(signal: AbortSignal): Promise<Reason | null> }
  /**
   * Resolves when the GPU of a session that has no container yet was seen clean after whoever had it before.
   *
   * @throws HostRefusedError `gpu_refused` when it is not fit; it is in quarantine then, and the next launch gets another
   * @throws HostAwayError when that is not known in time
   */
  assertFit: AssertFit
}

export type AssertFit = (
  session: { id: string; gpu_id: number },
  signal: AbortSignal,
) => Promise<void>

export function createGpuWatch(deps: GpuCheckDeps): GpuWatch {
  const { db, mode } = deps
  let last: Inspection | undefined
  let inspecting: Promise<Reason | null> | undefined
  /** GPUs of sessions that wait for their container: what runs on them is not theirs. */
  const unstarted = new Set<number>()
  /** How many sessions had ended on a GPU when it was last inspected with none on it. A count, as a clock can be put back. */
  const judgedAfter = new Map<number, number>()

  function isDue(rows: readonly GpuRow[], holders: Holders): boolean {
    if (!last) return true
    const ageMs = performance.now() - last.atMs
    if (ageMs >= (last.isAwaited ? SOON_MS : USUAL_MS)) return true
    if (mode === 'simulated') return false
    if (rows.some((row) => row.present && isClearedFault(row))) return true
    return [...last.holders].some(([gpuId, sessionId]) => holders.get(gpuId) !== sessionId)
  }

  async function inspectOnce(signal: AbortSignal): Promise<Reason | null> {
    const free = new Set(unstarted)
    const ended = await countEnded(db)
    const rows = await listGpuRows(db)
    const holders = await readHolders(db)
    const inspection = { atMs: performance.now(), holders }
    // Stands if this inspection fails, so that the next one is made after a while and not at the next scan.
    last = { ...inspection, reason: UNSEEN, isAwaited: true }
    const { facts, reason, unheld } = await observe(deps, rows, holders, free, signal)
    await recordFacts(deps, rows, facts, holders)
    for (const id of unheld) judgedAfter.set(id, ended.get(id) ?? 0)
    const isAwaited = reason !== null || facts.some(({ quarantine }) => quarantine === 'dirty')
    last = { ...inspection, reason, isAwaited }
    return reason
  }

  function inspect(signal: AbortSignal): Promise<Reason | null> {
    inspecting = inspectOnce(signal).finally(() => {
      inspecting = undefined
    })
    return inspecting
  }

  async function inspectUntilKnown(session: { id: string; gpu_id: number }, signal: AbortSignal) {
    const isUnknown = async () => {
      const judged = judgedAfter.get(session.gpu_id)
      return judged === undefined || judged !== ((await countEnded(db)).get(session.gpu_id) ?? 0)
    }
    while (await isUnknown()) {
      // An inspection in progress may have begun too early to count for this GPU.
      if (!inspecting) return void (await inspect(signal))
      await inspecting.catch(() => {})
    }
  }

  return {
    check: {
      part: 'gpus',
      maxAgeMs: 0,
      async run(signal) {
        const rows = await listGpuRows(db)
        const holders = await readHolders(db)
        if (!inspecting && isDue(rows, holders)) return inspect(signal)
        if (last) last = { ...last, holders: new Map([...last.holders, ...holders]) }
        return last?.reason ?? null
      },
    },

    async assertFit(session, signal) {
      if (mode === 'simulated') return
      unstarted.add(session.gpu_id)
      try {
        const late = AbortSignal.any([signal, AbortSignal.timeout(FIT_LIMIT_MS)])
        await untilAborted(inspectUntilKnown(session, signal), late)
      } finally {
        unstarted.delete(session.gpu_id)
      }
      const row = (await listGpuRows(db)).find(({ id }) => id === session.gpu_id)
      if (row?.health !== 'healthy') throw new HostRefusedError('gpu_refused', GPU_UNFIT)
    },
  }
}

async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(new HostAwayError(GPU_UNSEEN, { cause: signal.reason }))
  signal.addEventListener('abort', onAbort, { once: true })
  await Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', onAbort))
}

async function observe(
  { db, clock, mode, inventory, logger }: GpuCheckDeps,
  rows: readonly GpuRow[],
  holdersBefore: Holders,
  unstarted: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<{ facts: GpuFacts[]; reason: Reason | null; unheld: number[] }> {
  if (mode === 'simulated') return { facts: simulatedDevices(rows), reason: null, unheld: [] }
  const listing = await inventory.list(knownDevices(rows), signal)
  if (listing.kind === 'silent') {
    logger.error({ reason: listing.reason }, 'host.gpus.silent')
    const present = rows.filter((row) => row.present)
    const facts = present.map((row) => judgeUnseen(row, listing.reason))
    return { facts, reason: SILENT, unheld: [] }
  }
  const holders = await readHolders(db)
  const at = clock.now()
  const isHeld = (id: number) => !unstarted.has(id) && (holdersBefore.has(id) || holders.has(id))
  const slots = assignDevices(rows, listing.devices)
  const facts = slots.map((slot) => judgeGpu(slot, isHeld(slot.row.id), at))
  return { facts, reason: null, unheld: rows.map(({ id }) => id).filter((id) => !isHeld(id)) }
}
