import { UPLOAD_MAX_BYTES_DEFAULT, UPLOAD_MAX_BYTES_RANGE } from '@medforge/contracts'
import { Failure } from '../failure.ts'
import type { EnvValues } from './env-file.ts'

const { min, max } = UPLOAD_MAX_BYTES_RANGE

/** What is wrong where `uploadMaxBytesOf` gives none; the API would not start with it. */
export const UPLOAD_LIMIT_FAULT = `SUBMISSION_UPLOAD_MAX_BYTES has to be a number of bytes from ${min} to ${max}`

/** What one uploaded file may have by these settings; undefined where what is set is no such limit. */
export function uploadMaxBytesOf(values: EnvValues): number | undefined {
  const set = values.SUBMISSION_UPLOAD_MAX_BYTES
  if (!set) return UPLOAD_MAX_BYTES_DEFAULT
  const bytes = /^\d{1,15}$/.test(set) ? Number(set) : 0
  return bytes >= min && bytes <= max ? bytes : undefined
}

/** @throws Failure where the file sets no limit that can be kept */
export function requireUploadMaxBytes(values: EnvValues, file: string): number {
  const bytes = uploadMaxBytesOf(values)
  if (bytes !== undefined) return bytes
  throw new Failure(
    `${file} cannot be used: ${UPLOAD_LIMIT_FAULT}.`,
    'Correct that there, and run this again.',
  )
}
