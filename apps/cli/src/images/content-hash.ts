import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** One file of a build context: where it is, what it is called there, and whether it is a program. */
export type ContextFile = {
  from: string
  to: string
  kind: 'file' | 'program' | 'link'
}

/** Never part of an image: made by tools, or only there for tests. */
const IGNORED =
  /^(node_modules|\.next|\.artifacts|\.git|next-env\.d\.ts|__pycache__)$|\.(test|contract)\.tsx?$|\.tsbuildinfo$/

/**
 * Every file below `from`, named below `to`, sorted by that name; `from` may itself be a file.
 *
 * Tests and generated folders are left out, so that editing them rebuilds nothing.
 */
export function listFiles(from: string, to: string): ContextFile[] {
  const stat = lstatSync(from)
  if (!stat.isDirectory()) return [{ from, to, kind: kindOf(stat) }]
  return readdirSync(from)
    .filter((name) => !IGNORED.test(name))
    .sort()
    .flatMap((name) => listFiles(join(from, name), to === '' ? name : `${to}/${name}`))
}

function kindOf(stat: { isSymbolicLink(): boolean; mode: number }): ContextFile['kind'] {
  if (stat.isSymbolicLink()) return 'link'
  return (stat.mode & 0o100) === 0 ? 'file' : 'program'
}

/** Changes when a file's name, content or executable bit does, and for nothing else (not for times, owners or where it lies). */
export function hashFiles(files: readonly ContextFile[]): string {
  const hash = createHash('sha256')
  for (const file of [...files].sort((a, b) => (a.to < b.to ? -1 : 1))) {
    const content = file.kind === 'link' ? readlinkSync(file.from) : readFileSync(file.from)
    hash.update(`${JSON.stringify([file.to, file.kind, content.length])}\n`)
    hash.update(content)
  }
  return hash.digest('hex')
}

/** A tag-sized hash of anything that JSON can say. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 20)
}
