import type { GpuMode } from '@medforge/contracts'
import { type DB, inTransaction, recordAudit } from '@medforge/db'
import type { Kysely, Transaction } from 'kysely'
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { HostCheck } from '../host-checks.ts'
import type { Reason } from '../lifecycle.ts'
import { GPU_FAILED } from '../reasons.ts'
import {
  assignDevices,
  changedFacts,
  type GpuFacts,
  type GpuInventory,
  type GpuRow,
  knownDevices,
  listGpuRows,
  recordGpus,
  simulatedDevices,
} from './inventory.ts'
import { isClearedFault, judgeGpu, judgeUnseen } from './quarantine.ts'

export type GpuCheckDeps = {
  db: Kysely<DB>
  clock: Clock
  mode: GpuMode
  inventory: GpuInventory
  logger: Logger
}

// How often the devices are asked: while all is well, and while something waits to become well by itself.
const USUAL_MS = 60_000
const SOON_MS = 15_000

const SILENT: Reason = { code: 'gpus_silent', text: 'The GPUs of this host do not answer.' }
const UNSEEN: Reason = { code: 'gpus_away', text: 'The GPUs of this host could not be looked at.' }

/** Which session holds which GPU. */
type Holders = ReadonlyMap<number, string>

type Look = { atMs: number; reason: Reason | null; isAwaited: boolean; holders: Holders }

/**
 * Keeps the slots in step with the devices. It comes by at every pass and reads the rows; the devices are asked when the last answer is
 * old, when a session has let go of one, and when the operator has cleared one.
 */
export function gpuCheck(deps: GpuCheckDeps): HostCheck {
  const { db, mode } = deps
  let last: Look | undefined

  function isDue(rows: readonly GpuRow[], holders: Holders): boolean {
    if (!last) return true
    const ageMs = performance.now() - last.atMs
    if (ageMs >= (last.isAwaited ? SOON_MS : USUAL_MS)) return true
    if (mode === 'simulated') return false
    if (rows.some((row) => row.present && isClearedFault(row))) return true
    return [...last.holders].some(([gpuId, sessionId]) => holders.get(gpuId) !== sessionId)
  }

  return {
    part: 'gpus',
    maxAgeMs: 0,
    async run(signal) {
      const rows = await listGpuRows(db)
      const holders = await readHolders(db)
      if (last && !isDue(rows, holders)) {
        last = { ...last, holders: new Map([...last.holders, ...holders]) }
        return last.reason
      }
      const look = { atMs: performance.now(), holders }
      // What stands if this look fails: the next one is not made at the next pass but in a while.
      last = { ...look, reason: UNSEEN, isAwaited: true }
      const { facts, reason } = await observe(deps, rows, holders, signal)
      await record(deps, rows, facts, holders)
      const isAwaited = reason !== null || facts.some(({ quarantine }) => quarantine === 'dirty')
      last = { ...look, reason, isAwaited }
      return reason
    },
  }
}

async function observe(
  { db, clock, mode, inventory, logger }: GpuCheckDeps,
  rows: readonly GpuRow[],
  holdersBefore: Holders,
  signal: AbortSignal,
): Promise<{ facts: GpuFacts[]; reason: Reason | null }> {
  if (mode === 'simulated') return { facts: simulatedDevices(rows), reason: null }
  const sight = await inventory.list(knownDevices(rows), signal)
  if (sight.kind === 'silent') {
    logger.error({ reason: sight.reason }, 'host.gpus.silent')
    const present = rows.filter((row) => row.present)
    return { facts: present.map((row) => judgeUnseen(row, sight.reason)), reason: SILENT }
  }
  const holders = await readHolders(db)
  const at = clock.now()
  const isHeld = (id: number) => holdersBefore.has(id) || holders.has(id)
  const slots = assignDevices(rows, sight.devices)
  return { facts: slots.map((slot) => judgeGpu(slot, isHeld(slot.row.id), at)), reason: null }
}

/** What changed, and for each GPU that enters or leaves quarantine a line in the log and in the audit log. */
async function record(
  { db, clock, mode, logger }: GpuCheckDeps,
  rows: readonly GpuRow[],
  facts: readonly GpuFacts[],
  holders: Holders,
): Promise<void> {
  const changed = changedFacts(rows, facts)
  if (changed.length === 0) return
  const at = clock.now()
  const moves = changed.flatMap((fact) => {
    const before = rows.find(({ id }) => id === fact.id)?.quarantine ?? null
    return before === fact.quarantine ? [] : [{ before, fact }]
  })
  await inTransaction(db, async (tx) => {
    await recordGpus(tx, changed, at)
    for (const { before, fact } of moves) {
      const { id, uuid, quarantine, health_reason } = fact
      await recordAudit(tx, {
        actorUserId: null,
        action: quarantine === null ? 'gpu.release' : 'gpu.quarantine',
        subject: String(id),
        detail: { by: 'reconciler', uuid, kind: quarantine ?? before, reason: health_reason },
        at,
      })
      if (quarantine === 'fault') await tellHolder(tx, id)
    }
  })
  logger.info({ changed: changed.length, mode }, 'host.gpus.changed')
  for (const { before, fact } of moves) {
    const { id: gpu_id, uuid, quarantine, health_reason } = fact
    const said = { gpu_id, uuid, session_id: holders.get(gpu_id) ?? null }
    if (quarantine === null) logger.info({ ...said, kind: before }, 'gpu.released')
    else logger.error({ ...said, kind: quarantine, reason: health_reason }, 'gpu.quarantined')
  }
}

/** The session that has it may go on or not; its owner learns what is known, and can stop it. */
async function tellHolder(tx: Transaction<DB>, gpuId: number): Promise<void> {
  await tx
    .updateTable('sessions')
    .set(({ eb }) => ({ status_reason: GPU_FAILED.text, version: eb('version', '+', 1) }))
    .where('gpu_id', '=', gpuId)
    .where('gpu_active', '=', 1)
    .where('status', '=', 'running')
    .execute()
}

async function readHolders(db: Kysely<DB>): Promise<Holders> {
  const rows = await db
    .selectFrom('sessions')
    .select(['gpu_id', 'id'])
    .where('gpu_active', '=', 1)
    .execute()
  return new Map(rows.map(({ gpu_id, id }) => [gpu_id, id]))
}
