import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'

/** Why a file of a folder that somebody handed in is not read; the message goes behind its name. */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError'
}

/** A folder that somebody handed in, held open: a link that takes its place later leads nowhere else. */
export interface HandedFolder extends AsyncDisposable {
  /** As `readRegularFile`, of a file directly in it. */
  read(name: string, maxBytes: number): Promise<Buffer | null>
}

/**
 * Whoever reads a bundle is often root, and whoever made it often is not: neither the folder nor a file of it may be a link, or it would
 * publish any file of this host.
 *
 * @throws UnreadableFileError where it is a link, or no folder, or cannot be opened; one that is not there is an empty one
 */
export async function openHandedFolder(path: string): Promise<HandedFolder> {
  const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants
  const folder = await open(path.replace(/\/+$/, '') || '/', O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    .catch(nullWhenMissing)
    .catch((error) => {
      // Linux says the same for a link and for a file.
      if (error.code !== 'ENOTDIR') throw unreadable(error)
      throw new UnreadableFileError('is a link or no folder; name the folder itself')
    })
  return {
    async read(name, maxBytes) {
      return folder ? readRegularFile(join(`/proc/self/fd/${folder.fd}`, name), maxBytes) : null
    },
    async [Symbol.asyncDispose]() {
      await folder?.close()
    },
  }
}

/**
 * The bytes of a regular file, which is not a link; null where nothing is there. Neither waits for a pipe nor holds more than `maxBytes`.
 *
 * @throws UnreadableFileError for everything else
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<Buffer | null> {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants
  try {
    const opened = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(nullWhenMissing)
    if (opened === null) return null
    await using file = opened
    const facts = await file.stat()
    if (!facts.isFile()) throw new UnreadableFileError('is no regular file')
    const bytes = await readUpTo(file, Math.min(facts.size, maxBytes) + 1)
    if (bytes.length > maxBytes || facts.size > maxBytes) {
      throw new UnreadableFileError(`is larger than ${maxBytes} bytes`)
    }
    return bytes
  } catch (error) {
    throw error instanceof UnreadableFileError ? error : unreadable(error as NodeJS.ErrnoException)
  }
}

async function readUpTo(file: FileHandle, maxBytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(maxBytes)
  let at = 0
  while (at < maxBytes) {
    const { bytesRead } = await file.read(buffer, at, maxBytes - at)
    if (bytesRead === 0) break
    at += bytesRead
  }
  return buffer.subarray(0, at)
}

function unreadable(error: NodeJS.ErrnoException): UnreadableFileError {
  const why =
    error.code === 'ELOOP'
      ? 'is a symbolic link; put the file itself there'
      : `cannot be read: ${error.code ?? error.message}`
  return new UnreadableFileError(why)
}

function nullWhenMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
