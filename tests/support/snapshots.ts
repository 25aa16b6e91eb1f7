import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually, runOnHost, runOnPool } from './installation.ts'

/** The snapshots of a dataset, oldest first, as `dataset@name`. */
export async function listSnapshots(dataset: string): Promise<string[]> {
  const fields = ['-t', 'snapshot', '-o', 'name', '-s', 'creation', '-r', dataset]
  return (await runOnHost('zfs', 'list', '-H', ...fields)).split('\n').filter(Boolean)
}

/**
 * The text of every file directly in a snapshot, by name.
 *
 * Read from a clone that is gone afterwards: ZFS in user space has no `.zfs` folder to look into.
 */
export async function readSnapshot(snapshot: string): Promise<Record<string, string>> {
  const id = `look-${randomBytes(4).toString('hex')}`
  const [pool] = snapshot.split('/')
  const clone = `${pool}/${id}`
  const folder = `/run/${id}`
  mkdirSync(folder)
  const options = ['-o', `mountpoint=${folder}`, '-o', 'readonly=on']
  await runOnPool('zfs', 'clone', ...options, snapshot, clone)
  try {
    const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())
    return Object.fromEntries(
      files.map(({ name }) => [name, readFileSync(join(folder, name), 'utf8')]),
    )
  } finally {
    await eventually(
      () =>
        runOnPool('zfs', 'destroy', '-f', clone).then(
          () => true,
          () => false,
        ),
      `the clone ${clone} can be destroyed`,
    )
  }
}
