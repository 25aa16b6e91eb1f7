import { Readable } from 'node:stream'
import { createLimiter } from '../lib/limiter.ts'

export type BoardExportOptions = {
  /** The whole file of one board, as of one moment. */
  render(slug: string): Promise<Buffer>
  /** How long somebody who asks gets the file that was made for the one before. */
  keptMs?: number
  /** Of all files that are being read, together. */
  heldMaxBytes?: number
}

export interface BoardExports {
  /**
   * A file that is read at the reader's own pace. Where newer files need the room, readers of the oldest one are ended with an error: a
   * file that is cut off shows by its length.
   *
   * @throws SaturatedError when too many boards wait to be made into files
   */
  open(slug: string): Promise<{ body: Readable; sizeBytes: number }>
  /** Of all files that are held at the moment, for whoever watches. */
  heldBytes(): number
}

type Held = { bytes: Buffer; readers: Set<Readable>; isRecent: boolean }

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
  const recent = new Map<string, Promise<Held>>()
  /** Oldest first. */
  const held = new Set<Held>()

  function heldBytes(): number {
    return [...held].reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  function makeRoom(newest: Held): void {
    for (const oldest of held) {
      if (oldest === newest || heldBytes() <= heldMaxBytes) return
      held.delete(oldest)
      for (const reader of oldest.readers) {
        reader.destroy(new Error('Read too slowly: newer files needed the room.'))
      }
    }
  }

  function dropUnread(file: Held): void {
    if (!file.isRecent && file.readers.size === 0) held.delete(file)
  }

  function make(slug: string): Promise<Held> {
    const file = making.run(async () => {
      const made: Held = { bytes: await render(slug), readers: new Set(), isRecent: true }
      held.add(made)
      makeRoom(made)
      return made
    })
    recent.set(slug, file)
    file.then(
      (made) => {
        setTimeout(() => {
          recent.delete(slug)
          made.isRecent = false
          dropUnread(made)
        }, keptMs).unref()
      },
      () => recent.delete(slug),
    )
    return file
  }

  return {
    heldBytes,
    async open(slug) {
      const file = await (recent.get(slug) ?? make(slug))
      const body = readerOf(file.bytes)
      file.readers.add(body)
      body.once('close', () => {
        file.readers.delete(body)
        dropUnread(file)
      })
      return { body, sizeBytes: file.bytes.length }
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
