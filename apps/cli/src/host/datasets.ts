import { findMount } from '@medforge/core/mount-table'
import { Failure } from '../failure.ts'
import { POOL, POOL_MOUNT, WORKSPACES } from '../names.ts'
import { reasonOf, run, runOrFail } from '../process.ts'
import type { Progress } from '../terminal/progress.ts'
import { readMounts } from './mounts.ts'
import { runOnPool, runOnPoolOrFail } from './pool-lock.ts'

export type Dataset = { name: string; owner?: number; mode: number; properties?: string[] }

/**
 * Make sure that a dataset exists, is mounted at its place and belongs to its user.
 *
 * @returns whether it was created or mounted by this call
 */
export async function ensureDataset(dataset: Dataset): Promise<boolean> {
  const failure = {
    message: `The dataset ${dataset.name} could not be made ready`,
    remedy: `Look at zpool status ${POOL} and zfs list, and run this again.`,
  }
  const place = `/${dataset.name}`
  const options = (dataset.properties ?? []).flatMap((property) => ['-o', property])
  let changed = false
  if (!(await run('zfs', ['list', '-H', '-o', 'name', dataset.name])).ok) {
    await runOnPoolOrFail('zfs', ['create', ...options, dataset.name], failure, {
      timeoutMs: 60_000,
    })
    changed = true
  }
  if (!readMounts().some(({ path }) => path === place)) {
    await runOnPoolOrFail('zfs', ['mount', dataset.name], failure, { timeoutMs: 60_000 })
    changed = true
  }
  const owner = `${dataset.owner ?? 0}:${dataset.owner ?? 0}`
  await runOrFail('chown', [owner, place], failure)
  await runOrFail('chmod', [dataset.mode.toString(8), place], failure)
  return changed
}

/**
 * Mount the pool's own dataset where it is not: a daemon that finds its pool again by itself mounts nothing, and what is mounted first must
 * not lie in the way of what belongs below it. An operator's pool may have none at that place, which is no fault.
 */
export async function mountPoolRoot(): Promise<void> {
  if (findMount(readMounts(), POOL_MOUNT)) return
  await runOnPool('zfs', ['mount', POOL], { timeoutMs: 60_000 })
}

const CHUNK = 50

/**
 * Leave the mounting of workspaces to their launches, for those of an earlier version, which each start of the host mounted. What is
 * mounted stays so; the reconciler unmounts what has ended.
 *
 * @returns how many datasets were changed
 */
export async function leaveWorkspacesToLaunches(progress: Progress): Promise<number> {
  const args = ['get', '-H', '-r', '-o', 'name,value', 'canmount', WORKSPACES]
  const answer = await run('zfs', args, { timeoutMs: 60_000 })
  if (!answer.ok)
    throw new Failure(`The workspaces cannot be listed (${reasonOf('zfs', answer)}).`, REMEDY)
  const names = findAutomatic(answer.stdout, WORKSPACES)
  for (let done = 0; done < names.length; done += CHUNK) {
    progress.detail(`${done} of ${names.length} workspaces are mounted by their launch alone`)
    const message = 'The workspaces of earlier sessions could not be left unmounted'
    const chunk = names.slice(done, done + CHUNK)
    const failure = { message, remedy: REMEDY }
    await runOrFail('zfs', ['set', 'canmount=noauto', ...chunk], failure, { timeoutMs: 120_000 })
  }
  return names.length
}

const REMEDY = `Look at zpool status ${POOL}, and run this again.`

/** Datasets below `root`, in lines of name and `canmount`, that a start of the host mounts. */
export function findAutomatic(listed: string, root: string): string[] {
  return listed.split('\n').flatMap((line) => {
    const [name = '', value] = line.split('\t')
    return value === 'on' && name.startsWith(`${root}/`) ? [name] : []
  })
}
