import { describe, expect, test } from 'vitest'
import { createLogger } from '../lib/logger.ts'
import { readInTime } from './health.ts'

const logger = createLogger('test', 'silent')
const because = (cause?: string) => ({ logger, findOutageCause: async () => cause })
const never = () => new Promise<never>(() => {})
const LATE = 'The database does not answer in time.'
const SILENT = 'The file systems of the pool do not answer.'

describe(readInTime, () => {
  test('passes on what is known', async () => {
    const health = { status: 'degraded', reasons: ['The firewall is missing.'] } as const
    const read = async () => ({ ...health, reasons: [...health.reasons] })
    expect(await readInTime(read, because())).toEqual(health)
  })

  test('is degraded when nothing is known in time', async () => {
    expect(await readInTime(never, because(), 10)).toEqual({
      status: 'degraded',
      reasons: [LATE],
    })
  })

  test.each([
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'The database cannot be reached.'],
    [new SyntaxError('x'), 'The state of the platform cannot be read.'],
  ])('is degraded when reading fails with %s', async (error, reason) => {
    expect(await readInTime(() => Promise.reject(error), because())).toEqual({
      status: 'degraded',
      reasons: [reason],
    })
  })

  test('names file systems that do not answer as the cause of a database that does not', async () => {
    const away = Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
    expect(await readInTime(never, because(SILENT), 10)).toEqual({
      status: 'degraded',
      reasons: [SILENT, LATE],
    })
    expect(await readInTime(() => Promise.reject(away), because(SILENT))).toEqual({
      status: 'degraded',
      reasons: [SILENT, 'The database cannot be reached.'],
    })
  })

  test('waits no longer than its deadline for a cause that cannot be found out either', async () => {
    expect(await readInTime(never, { logger, findOutageCause: never }, 10)).toEqual({
      status: 'degraded',
      reasons: [LATE],
    })
  })

  test('names a cause before what it leads to, and once', async () => {
    const read = async () => ({ status: 'degraded' as const, reasons: ['The reconciler is away.'] })
    const named = { status: 'degraded', reasons: [SILENT, 'The reconciler is away.'] }
    expect(await readInTime(read, because(SILENT))).toEqual(named)
    const again = async () => ({ status: 'degraded' as const, reasons: [SILENT] })
    expect(await readInTime(again, because(SILENT))).toEqual(await again())
  })

  test('looks for no cause while all is well', async () => {
    const findOutageCause = () => expect.fail('It was asked for.')
    expect(await readInTime(async () => ({ status: 'ok' }), { logger, findOutageCause })).toEqual({
      status: 'ok',
    })
  })
})
