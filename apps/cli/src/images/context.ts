import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ContextFile } from './content-hash.ts'

/** Debian's and Ubuntu's bundle of the authorities that this host trusts, its operator's own included. */
const HOST_AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt'

export type BuildContext = AsyncDisposable & { folder: string }

/**
 * A folder holding exactly these files, gone when disposed. Modes are 0644 and 0755 whatever they were, so that an image
 * does not depend on the umask of who checked the repository out.
 *
 * Copies without yielding: awaiting each of thousands of small files took seconds.
 *
 * @param parent where the folder is made; what a killed run left there is its owner's to sweep
 */
export function openContext(
  parent: string,
  files: readonly ContextFile[],
  options: { withHostAuthorities: boolean },
): BuildContext {
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, 'context-'))
  const made = new Set<string>()
  for (const file of files) {
    const to = join(folder, file.to)
    const directory = dirname(to)
    if (!made.has(directory)) {
      mkdirSync(directory, { recursive: true, mode: 0o755 })
      made.add(directory)
    }
    if (file.kind === 'link') {
      symlinkSync(readlinkSync(file.from), to)
      continue
    }
    copyFileSync(file.from, to)
    chmodSync(to, file.kind === 'program' ? 0o755 : 0o644)
  }
  if (options.withHostAuthorities) {
    const to = join(folder, 'host-ca.crt')
    if (existsSync(HOST_AUTHORITIES)) copyFileSync(HOST_AUTHORITIES, to)
    else writeFileSync(to, '')
  }
  return {
    folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
