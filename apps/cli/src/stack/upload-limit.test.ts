import { UPLOAD_MAX_BYTES_RANGE } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { requireUploadMaxBytes } from './upload-limit.ts'

const { min, max } = UPLOAD_MAX_BYTES_RANGE

describe(requireUploadMaxBytes, () => {
  test.each([
    { set: undefined, bytes: 10_485_760 },
    { set: '', bytes: 10_485_760 },
    { set: '65536', bytes: 65_536 },
    { set: String(max), bytes: max },
  ])('takes $set for $bytes bytes', ({ set, bytes }) => {
    const values = set === undefined ? {} : { SUBMISSION_UPLOAD_MAX_BYTES: set }
    expect(requireUploadMaxBytes(values, '.env')).toBe(bytes)
  })

  test.each(['10MB', '1e7', '-1', ' 65536', String(min - 1), String(max + 1)])(
    'refuses %s, which the API would not start with, and says where it stands',
    (set) => {
      expect(() => requireUploadMaxBytes({ SUBMISSION_UPLOAD_MAX_BYTES: set }, '.env')).toThrow(
        `.env cannot be used: SUBMISSION_UPLOAD_MAX_BYTES has to be a number of bytes from 1024 to ${max}.`,
      )
    },
  )
})
