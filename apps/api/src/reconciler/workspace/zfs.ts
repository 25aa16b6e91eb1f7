import {
  assertDataset,
  assertSnapshot,
  isWorkspace,
  personDataset,
  personIdOf,
  personOf,
  type StorageUsage,
} from '@medforge/core'
import { type Failpoint, noFailpoint } from '../../lib/failpoints.ts'
import type { SessionWorkspaces } from './port.ts'
import { type CommandResult, runCommand } from './run-command.ts'
import { createZfsPool, poolAway, type Refusal } from './zfs-pool.ts'

export type ZfsOptions = {
  /** Dataset below which every workspace lies. It is made by the set-up, never here. */
  root: string
  /** How a command is run; replaced in tests. */
  run?: typeof runCommand
  failpoint?: Failpoint
}

const OWNER = '1000:1000'
// It lists a dataset for each person, or for each session of one: ZFS in user space may need milliseconds for each.
const MEASURE_LIMIT_MS = 60_000

/**
 * Workspaces as ZFS datasets, by the `zfs` command (OpenZFS or zfs-fuse: only options that both know).
 *
 * Each is mounted by hand (`canmount=noauto`): a start of the host mounts none of those that have ended, and ZFS in user space holds no
 * more than 1,000. The person's own dataset holds no files and is never mounted.
 */
export function createZfsWorkspaces(options: ZfsOptions): SessionWorkspaces {
  const { root, run = runCommand, failpoint = noFailpoint } = options
  const pool = createZfsPool(root, run)
  /** People whose own dataset was seen to, so that it is asked for once. */
  const people = new Set<string>()

  /** Neither of these mounts anything, so launches at once make theirs side by side. */
  async function createDataset(
    dataset: string,
    quotaBytes: number | null,
    signal: AbortSignal,
  ): Promise<void> {
    const quota = quotaBytes === null ? [] : ['-o', `refquota=${quotaBytes}`]
    const create = () => pool.zfs(['create', ...BY_HAND, ...quota, dataset], signal)
    let answer = await create()
    if (/parent does not exist/.test(answer.stderr)) {
      const parent = await pool.zfs(['create', ...BY_HAND, personOf(dataset)], signal)
      if (!isThere(parent)) throw await pool.refusalOf(parent, REFUSED, signal)
      answer = await create()
    }
    if (!isThere(answer)) throw await pool.refusalOf(answer, REFUSED, signal)
  }

  /** An earlier version left a dataset to each start of the host, and the one of its person too. */
  async function leaveToLaunches(dataset: string, signal: AbortSignal): Promise<void> {
    const answer = await pool.zfs(['get', '-H', '-o', 'value', 'canmount', dataset], signal)
    if (answer.stdout.trim() === 'on') await pool.zfs(['set', 'canmount=noauto', dataset], signal)
  }

  async function leavePersonToLaunches(person: string, signal: AbortSignal): Promise<void> {
    if (people.has(person)) return
    await leaveToLaunches(person, signal)
    people.add(person)
  }

  async function unmount(dataset: string, signal: AbortSignal): Promise<'released' | 'busy'> {
    const answer = await pool.zfsLocked(['unmount', dataset], signal)
    if (!(await pool.isMounted(dataset, signal))) return 'released'
    await pool.check(signal)
    if (/busy|umount failed/i.test(answer.stderr)) return 'busy'
    throw poolAway(answer)
  }

  return {
    check: pool.check,

    async observe(dataset, snapshot, signal) {
      try {
        assertDataset(root, dataset)
        const isMounted = await pool.isMounted(dataset, signal)
        if (snapshot === null) return { kind: 'known', isMounted, snapshotTaken: false }
        assertSnapshot(root, snapshot)
        const list = ['list', '-H', '-t', 'snapshot', '-o', 'name', snapshot]
        const answer = await pool.zfs(list, signal)
        if (answer.exitCode !== 0 && !isNotThere(answer)) throw poolAway(answer)
        if (answer.exitCode !== 0) await pool.check(signal)
        return { kind: 'known', isMounted, snapshotTaken: answer.exitCode === 0 }
      } catch (error) {
        return { kind: 'unknown', reason: error instanceof Error ? error.message : String(error) }
      }
    },

    async ensure(dataset, signal, quotaBytes = null) {
      assertDataset(root, dataset)
      const path = await pool.pathOf(dataset, signal)
      if (!(await pool.isMounted(dataset, signal))) {
        await createDataset(dataset, quotaBytes, signal)
        await failpoint('c3.dataset_created')
        const answer = await pool.zfsLocked(['mount', dataset], signal)
        if (!(await pool.isMounted(dataset, signal))) {
          throw await pool.refusalOf(answer, NOT_MOUNTED, signal)
        }
      }
      const owned = await pool.touch('chown', [OWNER, path], signal)
      if (owned.exitCode !== 0) throw poolAway(owned)
      return path
    },

    async snapshot(name, signal) {
      const dataset = assertSnapshot(root, name)
      const answer = await pool.zfs(['snapshot', name], signal)
      if (isThere(answer)) return 'taken'
      if (!isNotThere(answer)) throw await pool.refusalOf(answer, REFUSED, signal)
      // A pool that is away says the same words as a dataset that never was.
      await pool.check(signal)
      const list = await pool.zfs(['list', '-H', '-o', 'name', dataset], signal)
      if (list.exitCode !== 0 && isNotThere(list)) return 'no-workspace'
      throw poolAway(answer)
    },

    async measurePeople(signal) {
      const listed = ['get', '-H', '-p', '-d', '1', '-o', 'name,value', 'used', root]
      const answer = await pool.zfs(listed, signal, MEASURE_LIMIT_MS)
      if (answer.exitCode !== 0) throw poolAway(answer)
      const used = answer.stdout.split('\n').map((line) => line.split('\t') as [string, string])
      return new Map(
        used.flatMap(([name, bytes]) => {
          const userId = personIdOf(root, name)
          return userId === undefined ? [] : [[userId, Number(bytes)]]
        }),
      )
    },

    async measurePerson(userId, signal) {
      const person = personDataset(root, userId)
      // Not deeper: each workspace has its snapshots in a figure of its own.
      const listed = ['-d', '1', '-o', 'property,value', 'used,usedbysnapshots', person]
      const answer = await pool.zfs(['get', '-H', '-p', ...listed], signal, MEASURE_LIMIT_MS)
      if (answer.exitCode === 0) return parseUsage(answer.stdout)
      if (!isNotThere(answer)) throw poolAway(answer)
      // A pool that is away says the same words as a dataset that never was.
      await pool.check(signal)
      return { usedBytes: 0, snapshotsBytes: 0 }
    },

    async listMounted() {
      return (await pool.listMounted()).filter((source) => isWorkspace(root, source))
    },

    async release(dataset, signal) {
      assertDataset(root, dataset)
      if (!(await pool.isMounted(dataset, signal))) return 'released'
      await leaveToLaunches(dataset, signal)
      const outcome = await unmount(dataset, signal)
      if (outcome === 'busy') return outcome
      const person = personOf(dataset)
      await leavePersonToLaunches(person, signal)
      const mounted = await pool.listMounted()
      const isLast = !mounted.some((source) => source.startsWith(`${person}/`))
      if (isLast && mounted.includes(person)) await unmount(person, signal)
      return outcome
    },
  }
}

const BY_HAND = ['-o', 'canmount=noauto']

/** Made by this command, or before: "dataset already exists" is said of datasets and of snapshots. */
function isThere(answer: CommandResult): boolean {
  return answer.exitCode === 0 || /dataset already exists/.test(answer.stderr)
}

function isNotThere(answer: CommandResult): boolean {
  return /dataset does not exist/.test(answer.stderr)
}

/** Of lines `property`, `value`: the person's own `used` has those below it in it and is the largest, `usedbysnapshots` has not. */
function parseUsage(listed: string): StorageUsage {
  const usage = { usedBytes: 0, snapshotsBytes: 0 }
  for (const line of listed.split('\n')) {
    const [property, value] = line.split('\t')
    const bytes = Number(value) || 0
    if (property === 'used') usage.usedBytes = Math.max(usage.usedBytes, bytes)
    if (property === 'usedbysnapshots') usage.snapshotsBytes += bytes
  }
  return usage
}

const NOT_MOUNTED: Refusal = [
  'workspace_not_mounted',
  'The workspace could not be mounted. Tell the operator: ./medforge doctor says what is wrong.',
]
const REFUSED: Refusal = [
  'workspace_refused',
  'The workspace could not be made. Tell the operator: ./medforge doctor says what is wrong.',
]
