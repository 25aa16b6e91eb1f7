import { createHash, type Hash } from 'node:crypto'
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  rename,
  stat,
  statfs,
  unlink,
} from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

/**
 * The folder of uploads, shared with the worker, which only reads it. Names are made here; nothing that a person sent is ever part of
 * a path. Files being received lie in `incoming/`, kept ones beside it.
 */
export interface SubmissionStore {
  /**
   * Begin to receive a file. Exactly one of `keep` and `discard` ends it.
   *
   * @throws StoreFullError when the disk has no room to spare
   */
  receive(id: string): Promise<IncomingFile>
  /** The bytes of a kept file; null where it is gone, or has another length. The caller reads or destroys them. */
  read(file: { storedName: string; sizeBytes: number }): Promise<Readable | null>
  /** Whether it was there. */
  remove(storedName: string): Promise<boolean>
  /** Names of kept files, and what is left of files being received, that nobody has touched since `before`. */
  listOlderThan(before: Date): Promise<{ kept: string[]; incoming: string[] }>
  removeIncoming(name: string): Promise<void>
}

export interface IncomingFile {
  write(chunk: Uint8Array): Promise<void>
  /** Make the file durable and give it its name. After this it survives a crash. */
  keep(): Promise<KeptFile>
  /** Leave nothing behind. Safe to call at any time, and again. */
  discard(): Promise<void>
}

export type KeptFile = { storedName: string; sha256: Buffer; sizeBytes: number }

/** The database and the rest of the installation may share the disk: uploads leave them this. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError'
}

const SPARE_MIN_BYTES = 2 * 1024 ** 3
const SPARE_MIN_SHARE = 0.05
const STORED_NAME = /^[0-9a-f-]{36}\.csv$/

export function createSubmissionStore(folder: string): SubmissionStore {
  const incomingFolder = join(folder, 'incoming')

  async function receive(id: string): Promise<IncomingFile> {
    await mkdir(incomingFolder, { recursive: true })
    if (!(await hasRoom(folder))) throw new StoreFullError()
    const path = join(incomingFolder, `${id}.part`)
    return receiveInto(await open(path, 'wx', 0o640), path, folder, `${id}.csv`)
  }

  return {
    receive,
    async read({ storedName, sizeBytes }) {
      const file = await open(join(folder, storedName)).catch(ignoreMissing)
      if (file === null) return null
      if ((await file.stat()).size === sizeBytes) return file.createReadStream()
      await file.close()
      return null
    },
    async remove(storedName) {
      return (await unlink(join(folder, storedName)).catch(ignoreMissing)) !== null
    },
    async listOlderThan(before) {
      const [kept, incoming] = await Promise.all([
        listOld(folder, before),
        listOld(incomingFolder, before),
      ])
      return { kept: kept.filter((name) => STORED_NAME.test(name)), incoming }
    },
    async removeIncoming(name) {
      await unlink(join(incomingFolder, name)).catch(ignoreMissing)
    },
  }
}

/** Takes files in and keeps nothing of them: for checking alone. */
export const NOWHERE: Pick<SubmissionStore, 'receive'> = {
  async receive() {
    return {
      async write() {},
      async keep() {
        throw new Error('A file that was only checked cannot be kept.')
      },
      async discard() {},
    }
  },
}

function receiveInto(
  file: FileHandle,
  path: string,
  folder: string,
  storedName: string,
): IncomingFile {
  const hash: Hash = createHash('sha256')
  let sizeBytes = 0
  let isOpen = true
  let isKept = false

  async function close(): Promise<void> {
    if (!isOpen) return
    isOpen = false
    await file.close()
  }

  return {
    async write(chunk) {
      hash.update(chunk)
      sizeBytes += chunk.length
      for (let at = 0; at < chunk.length; ) {
        at += (await file.write(chunk, at)).bytesWritten
      }
    },
    async keep() {
      // The mode that `open` was given went through the umask; the worker's group has to be able to read.
      await file.chmod(0o640)
      await file.sync()
      await close()
      await rename(path, join(folder, storedName))
      isKept = true
      await syncFolder(folder)
      return { storedName, sha256: hash.digest(), sizeBytes }
    },
    async discard() {
      await close().catch(() => {})
      if (!isKept) await unlink(path).catch(ignoreMissing)
    },
  }
}

/** A disk that is hardly larger than what is to be spared is used up to one half. */
async function hasRoom(folder: string): Promise<boolean> {
  const { blocks, bavail, bsize } = await statfs(folder)
  const size = blocks * bsize
  const spare = Math.min(Math.max(SPARE_MIN_BYTES, size * SPARE_MIN_SHARE), size / 2)
  return bavail * bsize >= spare
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}

async function listOld(folder: string, before: Date): Promise<string[]> {
  const names: string[] = []
  for (const entry of (await readdir(folder, { withFileTypes: true }).catch(ignoreMissing)) ?? []) {
    if (!entry.isFile()) continue
    const facts = await stat(join(folder, entry.name)).catch(ignoreMissing)
    if (facts && facts.mtime < before) names.push(entry.name)
  }
  return names
}

function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
