import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, writeSync } from 'node:fs'

// What the daemon reads before a mount point's name: file descriptor, buffer size, two pointers, and the length of the name.
const HEADER_BYTES = 40
const LENGTH_OFFSET = 32
const NO_DESCRIPTOR = -1
const NAME_BYTES = 4096

/**
 * Make the file side of a ZFS in user space hang while its command side answers, as two mounts at once do: its listener waits for the rest
 * of a mount point's name, and holds the lock that every file system needs.
 *
 * @returns what lets it go on, by the rest of the name; the daemon forgets a mount without a descriptor
 */
export function hangFileSide(daemon: number): () => void {
  const pipe = findMountPipe(daemon)
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeInt32LE(NO_DESCRIPTOR, 0)
  header.writeInt32LE(NAME_BYTES, LENGTH_OFFSET)
  writeInto(pipe, header)
  return () => writeInto(pipe, Buffer.alloc(NAME_BYTES, 'x'))
}

/** The writing end of the one pipe of which the daemon holds both ends. */
function findMountPipe(daemon: number): string {
  const folder = `/proc/${daemon}/fd`
  const readers = new Set<string>()
  const writers = new Map<string, string>()
  for (const descriptor of readdirSync(folder)) {
    const target = readlinkSync(`${folder}/${descriptor}`)
    if (!target.startsWith('pipe:')) continue
    const info = readFileSync(`/proc/${daemon}/fdinfo/${descriptor}`, 'utf8')
    const flags = Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? '', 8)
    if ((flags & 3) === 0) readers.add(target)
    else writers.set(target, `${folder}/${descriptor}`)
  }
  const [pipe, ...others] = [...writers].filter(([target]) => readers.has(target))
  if (!pipe || others.length > 0) throw new Error('The daemon has not exactly one pipe to itself.')
  return pipe[1]
}

function writeInto(path: string, bytes: Buffer): void {
  const end = openSync(path, 'w')
  try {
    writeSync(end, bytes)
  } finally {
    closeSync(end)
  }
}
