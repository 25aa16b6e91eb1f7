import { describe, expect, test } from 'vitest'
import { createLogger } from '../lib/logger.ts'
import { readInTime } from './health.ts'

const logger = createLogger('test', 'silent')

describe(readInTime, () => {
  test('passes on what is known', async () => {
    const health = { status: 'degraded', reasons: ['The firewall is missing.'] } as const
    const read = async () => ({ ...health, reasons: [...health.reasons] })
    expect(await readInTime(read, logger)).toEqual(health)
  })

  test('is degraded when nothing is known in time', async () => {
    const never = () => new Promise<never>(() => {})
    expect(await readInTime(never, logger, 10)).toEqual({
      status: 'degraded',
      reasons: ['The database does not answer in time.'],
    })
  })

  test.each([
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'The database cannot be reached.'],
    [new SyntaxError('x'), 'The state of the platform cannot be read.'],
  ])('is degraded when reading fails with %s', async (error, reason) => {
    expect(await readInTime(() => Promise.reject(error), logger)).toEqual({
      status: 'degraded',
      reasons: [reason],
    })
  })
})
