import { Readable } from 'node:stream'
import { createLimiter } from '../lib/limiter.ts'

export type BoardExportOptions = {
  /** The whole file of one board, as of one moment. */
  render(slug: string): Promise<Buffer>
  /** How long somebody who asks gets the file that was made for the one before, from when its making began. */
  keptMs?: number
  /** Of all files that are being read, together. */
  heldMaxBytes?: number
}

export interface BoardExports {
  /**
   * A file that is read at the reader's own pace. Where newer files need the room, readers of the oldest one are ended with an error: a
   * file that is cut off shows by its length.
   *
   * The board has to exist: an invented one takes a place in line like any other.
   *
   * @throws SaturatedError when too many boards wait to be made into files
   */
  open(slug: string): Promise<{ body: Readable; sizeBytes: number }>
  /** Of all files that are held at the moment, for whoever watches. */
  heldBytes(): number
}

type BoardFile = {
  slug: string
  made: Promise<Buffer>
  /** 0 until it is made. */
  sizeBytes: number
  readers: Set<Readable>
}

const KEPT_MS = 1_000
// Thirty-two files of 10,000 people. Whoever makes a new one each second needs half a minute to push out one that is still being read.
const HELD_MAX_BYTES = 64 * 1024 * 1024
const CHUNK_BYTES = 64 * 1024

/**
 * Boards as files for any number of readers, slow ones too: made one at a time, shared by all who ask within a second, and held only while
 * somebody reads them and there is room.
 */
export function createBoardExports({
  render,
  keptMs = KEPT_MS,
  heldMaxBytes = HELD_MAX_BYTES,
}: BoardExportOptions): BoardExports {
  const making = createLimiter({ running: 1, waiting: 20 })
  /** For the next who asks; some are still being made. */
  const recent = new Map<string, BoardFile>()
  /** Everything that is in memory, oldest first. */
  const held = new Set<BoardFile>()

  function heldBytes(): number {
    return [...held].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  }

  function hold(newest: BoardFile): void {
    held.add(newest)
    for (const oldest of held) {
      if (oldest === newest || heldBytes() <= heldMaxBytes) return
      held.delete(oldest)
      forget(oldest)
      for (const reader of oldest.readers) {
        reader.destroy(new Error('Read too slowly: newer files needed the room.'))
      }
    }
  }

  function isRecent(file: BoardFile): boolean {
    return recent.get(file.slug) === file
  }

  function forget(file: BoardFile): void {
    if (isRecent(file)) recent.delete(file.slug)
    dropUnread(file)
  }

  function dropUnread(file: BoardFile): void {
    if (!isRecent(file) && file.readers.size === 0) held.delete(file)
  }

  function make(slug: string): BoardFile {
    const made = making.run(async () => {
      // Before the board is read, so that nobody gets one that was read longer ago.
      setTimeout(() => forget(file), keptMs).unref()
      const bytes = await render(slug)
      file.sizeBytes = bytes.length
      hold(file)
      return bytes
    })
    const file: BoardFile = { slug, made, sizeBytes: 0, readers: new Set() }
    recent.set(slug, file)
    made.catch(() => forget(file))
    return file
  }

  return {
    heldBytes,
    async open(slug) {
      const file = recent.get(slug) ?? make(slug)
      const bytes = await file.made
      // Others were made in the meantime, and pushed it out.
      if (!held.has(file)) hold(file)
      const body = readerOf(bytes)
      file.readers.add(body)
      body.once('close', () => {
        file.readers.delete(body)
        dropUnread(file)
      })
      return { body, sizeBytes: file.sizeBytes }
    },
  }
}

function readerOf(bytes: Buffer): Readable {
  let at = 0
  return new Readable({
    highWaterMark: CHUNK_BYTES,
    read() {
      this.push(at < bytes.length ? bytes.subarray(at, at + CHUNK_BYTES) : null)
      at += CHUNK_BYTES
    },
  })
}
