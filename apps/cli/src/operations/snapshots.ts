import { randomUUID } from 'node:crypto'
import { assertDataset, assertSnapshot, personOf } from '@medforge/core'
import { Failure } from '../failure.ts'
import { runOnPoolOrFail } from '../host/pool-lock.ts'
import { reasonOf, run, runOrFail } from '../process.ts'

/** A snapshot of a workspace as the pool tells of it. */
export type Snapshot = {
  name: string
  dataset: string
  created_at: string
  /** What would be free if it were gone, and what it holds in all. */
  used_bytes: number
  referenced_bytes: number
}

const LIMIT_MS = 60_000
const AWAY = {
  message: 'The storage pool does not answer',
  remedy: 'Look at zpool status; ./medforge doctor names what is missing.',
}

/** The snapshots of a dataset and of those below it, newest first; none where there is no such dataset. */
export async function readSnapshots(dataset: string): Promise<Snapshot[]> {
  // `zfs list -p` is not known to every ZFS that we run on; `zfs get` is, and lists snapshots too.
  const args = ['get', '-H', '-p', '-r', '-o', 'name,property,value', 'creation,used,referenced']
  const answer = await run('zfs', [...args, dataset], { timeoutMs: LIMIT_MS })
  if (answer.ok) return parseSnapshots(answer.stdout)
  if (/dataset does not exist/.test(answer.stderr)) return []
  throw new Failure(`${AWAY.message} (${reasonOf('zfs', answer)}).`, AWAY.remedy)
}

/** Lines of `name`, `property`, `value` as snapshots, newest first; what is no snapshot of a session is left out. */
export function parseSnapshots(listed: string): Snapshot[] {
  const found = new Map<string, Map<string, number>>()
  for (const line of listed.split('\n')) {
    const [name = '', property = '', value = ''] = line.split('\t')
    if (!/@(?:stop|death)-\d{13}$/.test(name)) continue
    const properties = found.get(name) ?? new Map<string, number>()
    found.set(name, properties.set(property, Number(value)))
  }
  const snapshots = [...found].map(([name, properties]) => ({
    name,
    dataset: name.slice(0, name.indexOf('@')),
    created_at: new Date((properties.get('creation') ?? 0) * 1000).toISOString(),
    used_bytes: properties.get('used') ?? 0,
    referenced_bytes: properties.get('referenced') ?? 0,
  }))
  return snapshots.toSorted((one, two) => two.created_at.localeCompare(one.created_at))
}

/**
 * The snapshot that an operator means: its whole name, or the part behind the `@`, where that is enough to tell it.
 *
 * @throws Failure when there is none, or more than one
 */
export function chooseSnapshot<Found extends Snapshot>(
  snapshots: readonly Found[],
  ref: string,
): Found {
  const found = snapshots.filter(({ name }) => name === ref || name.endsWith(`@${ref}`))
  const [one] = found
  if (one && found.length === 1) return one
  throw new Failure(
    one ? `${ref} means ${found.length} snapshots.` : `There is no snapshot ${ref} of a workspace.`,
    'Give the whole name; ./medforge snapshots list shows every one.',
  )
}

export type ClonePlan = {
  snapshot: string
  dataset: string
  /** What makes the clone; its files are mounted after that, until they are unmounted or the host starts again. */
  command: string[]
}

/**
 * The `zfs` command that makes a clone, with names that the server makes only: below the workspaces, of a person and a fresh id.
 *
 * @throws Failure for any other name
 */
export function planClone(options: {
  root: string
  snapshot: string
  userId: string
  dataset?: string | undefined
}): ClonePlan {
  const { root, snapshot } = options
  const dataset = options.dataset ?? `${root}/${options.userId}/${randomUUID()}`
  try {
    assertSnapshot(root, snapshot)
    assertDataset(root, dataset)
  } catch {
    throw new Failure(
      `${dataset} is no name for a workspace.`,
      `It has to be ${root}/<user id>/<a new id>; leave it out, and one is made.`,
    )
  }
  return { snapshot, dataset, command: ['zfs', 'clone', ...BY_HAND, snapshot, dataset] }
}

const BY_HAND = ['-o', 'canmount=noauto']

/** Make the clone and mount it. `zfs clone` itself refuses a dataset that is there, so nothing is ever written over. */
export async function makeClone({ dataset, command }: ClonePlan): Promise<{ mountpoint: string }> {
  const exists = await run('zfs', ['list', '-H', '-o', 'name', dataset], { timeoutMs: LIMIT_MS })
  if (exists.ok) {
    throw new Failure(
      `${dataset} exists already; nothing was changed.`,
      'Leave the dataset out, and a new name is made.',
    )
  }
  const [program = '', ...args] = command
  const limits = { timeoutMs: LIMIT_MS }
  const failure = { ...AWAY, message: 'The clone could not be made' }
  await ensurePerson(personOf(dataset))
  await runOnPoolOrFail(program, args, failure, limits)
  const asked = ['get', '-H', '-o', 'value', 'mounted,mountpoint', dataset]
  const { stdout } = await runOrFail('zfs', asked, AWAY, limits)
  const [mounted, mountpoint = ''] = stdout.split('\n')
  // ZFS in user space mounts a clone by itself, whatever its `canmount` says.
  if (mounted !== 'yes') await runOnPoolOrFail('zfs', ['mount', dataset], failure, limits)
  return { mountpoint }
}

/** Somebody who never had a session has no dataset yet for the clone to go below. */
async function ensurePerson(person: string): Promise<void> {
  const made = await run('zfs', ['create', ...BY_HAND, person], { timeoutMs: LIMIT_MS })
  if (made.ok || /dataset already exists/.test(made.stderr)) return
  throw new Failure(`${AWAY.message} (${reasonOf('zfs', made)}).`, AWAY.remedy)
}
