import type { PoolFiles } from '@medforge/core/pool-files'
import { describe, expect, test } from 'vitest'
import { createLogger } from '../lib/logger.ts'
import { readInTime } from './health.ts'

const logger = createLogger('test', 'silent')
const on = (files: PoolFiles) => ({ logger, askPoolFiles: async () => files })
const never = () => new Promise<never>(() => {})
const LATE = 'The database does not answer in time.'
const SILENT = 'The file systems of the pool do not answer.'

describe(readInTime, () => {
  test('passes on what is known', async () => {
    const health = { status: 'degraded', reasons: ['The firewall is missing.'] } as const
    const read = async () => ({ ...health, reasons: [...health.reasons] })
    expect(await readInTime(read, on('answer'))).toEqual(health)
  })

  test('is degraded when nothing is known in time', async () => {
    expect(await readInTime(never, on('answer'), 10)).toEqual({
      status: 'degraded',
      reasons: [LATE],
    })
  })

  test.each([
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'The database cannot be reached.'],
    [new SyntaxError('x'), 'The state of the platform cannot be read.'],
  ])('is degraded when reading fails with %s', async (error, reason) => {
    expect(await readInTime(() => Promise.reject(error), on('answer'))).toEqual({
      status: 'degraded',
      reasons: [reason],
    })
  })

  test('names file systems that do not answer as the cause of a database that does not', async () => {
    const away = Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
    expect(await readInTime(never, on('silent'), 10)).toEqual({
      status: 'degraded',
      reasons: [SILENT, LATE],
    })
    expect(await readInTime(() => Promise.reject(away), on('silent'))).toEqual({
      status: 'degraded',
      reasons: [SILENT, 'The database cannot be reached.'],
    })
  })

  test('waits no longer than its deadline for a pool whose state is not known either', async () => {
    expect(await readInTime(never, { logger, askPoolFiles: never }, 10)).toEqual({
      status: 'degraded',
      reasons: [LATE],
    })
  })

  test('asks the pool nothing while the database answers', async () => {
    const askPoolFiles = () => expect.fail('The pool was asked.')
    expect(await readInTime(async () => ({ status: 'ok' }), { logger, askPoolFiles })).toEqual({
      status: 'ok',
    })
  })
})
