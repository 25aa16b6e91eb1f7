import { readFileSync } from 'node:fs'
import { UPLOAD_MAX_BYTES_DEFAULT, UPLOAD_MAX_BYTES_RANGE } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { LINE_WAIT_MAX_MS, longestTransferMs, longestUploadMs } from './upload-times.ts'

const CADDYFILE = new URL('../../../../deploy/caddy/Caddyfile', import.meta.url)

describe('an upload of the largest size', () => {
  test.each([UPLOAD_MAX_BYTES_DEFAULT, UPLOAD_MAX_BYTES_RANGE.max])(
    'of %i bytes may come at 64 KiB/s, after the longest wait in line',
    (maxBytes) => {
      const atSlowestMs = (maxBytes / (64 * 1024)) * 1000
      expect(longestTransferMs(maxBytes)).toBeGreaterThan(atSlowestMs)
      expect(longestUploadMs(maxBytes)).toBeGreaterThan(atSlowestMs + LINE_WAIT_MAX_MS)
    },
  )

  test('is ended by the edge for its silence alone, however long it takes', () => {
    expect(readFileSync(CADDYFILE, 'utf8')).not.toContain('read_body')
  })
})
