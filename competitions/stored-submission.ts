import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type CheckResult, createChecker } from '@medforge/scoring'
import type { Bundle } from './bundle.ts'

/** What a submission's row says about its file. */
export type StoredFile = {
  storedName: string
  /** Hex. */
  sha256: string
  sizeBytes: number
}

const CHUNK_BYTES = 64 * 1024

/**
 * An accepted file, read again piece by piece by the grammar that accepted it.
 *
 * @throws Error when the file is not, byte for byte, the one that was accepted
 */
export async function readStoredSubmission(
  submissionsDir: string,
  bundle: Bundle,
  stored: StoredFile,
): Promise<CheckResult> {
  await using file = await open(join(submissionsDir, stored.storedName), 'r')
  const checker = createChecker(bundle.spec, bundle.expected, { isStored: true })
  const hash = createHash('sha256')
  const buffer = Buffer.alloc(CHUNK_BYTES)
  let sizeBytes = 0
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES)
    if (bytesRead === 0) break
    sizeBytes += bytesRead
    if (sizeBytes > stored.sizeBytes) break
    const chunk = buffer.subarray(0, bytesRead)
    hash.update(chunk)
    checker.write(chunk)
  }
  if (sizeBytes !== stored.sizeBytes || hash.digest('hex') !== stored.sha256) {
    throw new Error('The stored file is not the one that was accepted.')
  }
  return checker.end()
}
