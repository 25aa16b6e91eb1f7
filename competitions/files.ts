import { chmod, chown, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Who may read what is written. A null group leaves owners as they are. */
export type Access = { folderMode: number; fileMode: number; gid: number | null }

/**
 * Put a folder of files at `<root>/<home>/<name>`, durable and complete, or not at all: a kill on the way leaves `.incoming`, which the
 * next call clears. One caller at a time. What lies at the target makes way.
 */
export async function placeFolder(
  root: string,
  [home, name]: readonly [string, string],
  files: Record<string, string | Uint8Array>,
  access: Access,
): Promise<void> {
  const homeFolder = join(root, home)
  const target = join(homeFolder, name)
  const incoming = join(homeFolder, '.incoming')
  await makeFolder(root, access)
  await makeFolder(homeFolder, access)
  await rm(incoming, { recursive: true, force: true })
  await makeFolder(incoming, access)
  for (const [file, content] of Object.entries(files)) {
    await writeDurably(join(incoming, file), content, access)
  }
  await syncFolder(incoming)
  await rm(target, { recursive: true, force: true })
  await rename(incoming, target)
  await syncFolder(homeFolder)
}

export async function writeDurably(
  path: string,
  content: string | Uint8Array,
  { fileMode, gid }: Access,
): Promise<void> {
  await using file = await open(path, 'w', fileMode)
  await file.writeFile(content)
  if (gid !== null) await file.chown(0, gid)
  await file.chmod(fileMode)
  await file.sync()
}

export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function makeFolder(path: string, { folderMode, gid }: Access): Promise<void> {
  await mkdir(path, { recursive: true })
  if (gid !== null) await chown(path, 0, gid)
  await chmod(path, folderMode)
}
