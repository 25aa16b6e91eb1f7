import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { LINE_WAIT_MAX_MS, longestTransferMs, longestUploadMs } from './upload-times.ts'

const CADDYFILE = new URL('../../../../deploy/caddy/Caddyfile', import.meta.url)
const MAX_BYTES = 10 * 1024 ** 2

describe('an upload of the largest size', () => {
  test('may come at 64 KiB/s, after the longest wait in line', () => {
    const atSlowestMs = (MAX_BYTES / (64 * 1024)) * 1000
    expect(longestTransferMs(MAX_BYTES)).toBeGreaterThan(atSlowestMs)
    expect(longestUploadMs(MAX_BYTES)).toBeGreaterThan(atSlowestMs + LINE_WAIT_MAX_MS)
  })

  test('is given no more time than the edge gives it', () => {
    const [, minutes] = /read_body (\d+)m$/m.exec(readFileSync(CADDYFILE, 'utf8')) ?? []
    expect(longestUploadMs(MAX_BYTES)).toBeLessThan(Number(minutes) * 60_000)
  })
})
