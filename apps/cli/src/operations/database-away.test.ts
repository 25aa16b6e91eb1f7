import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { PoolFiles } from '@medforge/core/pool-files'
import { createDatabase } from '@medforge/db'
import { expect, test } from 'vitest'
import { Failure } from '../failure.ts'
import { explainDatabaseAway } from './database-away.ts'

const FAILURE = {
  message: 'The database does not answer.',
  remedy: 'Run ./medforge status; ./medforge up starts it.',
}

/** What a statement fails with at this port. */
async function failureAt(port: number, files: PoolFiles = 'answer'): Promise<unknown> {
  const url = `mysql://medforge_admin:x@127.0.0.1:${port}/medforge`
  await using db = createDatabase(url, { poolSize: 1, queryLimitMs: 500 })
  try {
    return await db.selectFrom('users').select('id').execute()
  } catch (error) {
    return explainDatabaseAway(error, async () => files)
  }
}

/** A port of this machine on which every connection is handed to `answer`. */
async function listen(answer: (socket: Socket) => void) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

test('a database at whose port nobody listens is told with what starts it', async () => {
  const { server, port } = await listen(() => {})
  server.close()
  await once(server, 'close')
  const failure = await failureAt(port)
  expect(failure).toBeInstanceOf(Failure)
  expect(failure).toMatchObject(FAILURE)
})

test.each<[string, (socket: Socket) => void]>([
  ['says nothing', () => {}],
  ['hangs up', (socket) => socket.destroy()],
])('a database that %s is told so, too', async (_, answer) => {
  const sockets: Socket[] = []
  const { server, port } = await listen((socket) => {
    sockets.push(socket)
    answer(socket)
  })
  expect(await failureAt(port)).toMatchObject(FAILURE)
  for (const socket of sockets) socket.destroy()
  server.close()
})

test('a database whose file systems do not answer is told with them', async () => {
  const { server, port } = await listen(() => {})
  server.close()
  await once(server, 'close')
  expect(await failureAt(port, 'silent')).toMatchObject({
    message: 'The database does not answer. The file systems of the pool do not answer.',
    remedy: './medforge up heals that.',
  })
})

test('a database that refuses for want of room is quoted', async () => {
  const full = { errno: 1021, sqlState: 'HY000' }
  const error = Object.assign(new Error('Disk full (/tmp); waiting for someone.'), full)
  expect(await explainDatabaseAway(error)).toMatchObject({
    message: 'The database cannot do this at the moment: Disk full (/tmp); waiting for someone.',
    remedy: expect.stringContaining('logs db'),
  })
})

test('an error of another connection, or of a statement, stays what it is', async () => {
  for (const fields of [{ code: 'ECONNREFUSED' }, { errno: 1062, sqlState: '23000' }, {}]) {
    const error = Object.assign(new Error('x'), fields)
    expect(await explainDatabaseAway(error)).toBe(error)
  }
})
