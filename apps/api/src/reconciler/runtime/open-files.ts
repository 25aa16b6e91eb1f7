import { readFileSync } from 'node:fs'

/** Enough for an editor, notebooks and data loaders; a higher one only slows programs that close every possible descriptor. */
const WANTED = 65_536

/**
 * The limit of open files that a session can be given on this host.
 *
 * Docker cannot raise it above its own hard limit where the host lacks CAP_SYS_RESOURCE (some virtual machines), and this process's
 * container has that same limit.
 */
export function readOpenFilesLimit(limits: string = readFileSync('/proc/self/limits', 'utf8')) {
  const hard = Number(/^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1] ?? WANTED)
  return Math.min(WANTED, hard)
}
