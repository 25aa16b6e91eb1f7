import { Message } from '@medforge/contracts'
import { toSqlTime } from '@medforge/db'
import { afterAll, afterEach, describe, expect } from 'vitest'
import { expectData } from '../../support/expectations.ts'
import { within } from '../../support/installation.ts'
import { logIn, PASSWORD, type Person } from '../../support/person.ts'
import { openWebsocket } from '../../support/websocket.ts'
import { type Chaos, openChaos } from '../support/chaos.ts'
import { test } from '../support/test.ts'

/* What a login opened ends with it, whatever becomes of the server before it has written down who came. */

const SOCKETS_END_WITHIN_MS = 10_000

let chaos: Chaos

test.beforeAll(async ({ plane }) => {
  chaos = await openChaos(plane)
  await chaos.allUp()
})
afterAll(() => chaos?.[Symbol.asyncDispose]())
afterEach(async () => {
  await chaos.stopAll()
  await chaos.settle('after a test of logins')
})

/** A running session, and a login of its owner's that has just opened a websocket into it. */
async function entered() {
  const { person, create } = await chaos.client()
  const { outcome, subject } = await create()
  expect(outcome).toBe('ok')
  const { slug } = await chaos.db
    .selectFrom('sessions')
    .select('slug')
    .where('id', '=', subject ?? '')
    .executeTakeFirstOrThrow()
  const device = await logIn(chaos.installation, person.email, PASSWORD)
  return { device, open: await openInto(slug, device) }
}

async function openInto(slug: string, { cookie }: Person) {
  const open = await openWebsocket(chaos.installation.sessionHost(slug), '/', { cookie })
  if (!open.socket) throw new Error(`The handshake was answered with ${open.status}.`)
  return open
}

describe('a login whose websocket nobody wrote down', () => {
  test('ends with it where the server was killed', async () => {
    const { device, open } = await entered()
    await chaos.plane.kill('server')
    await chaos.plane.ready('server')
    expectData(await device.api('POST', '/auth/logout'), 200, Message)
    await within(SOCKETS_END_WITHIN_MS, open.closed)
  })

  test('ends with it while the server hangs', async () => {
    const { device, open } = await entered()
    chaos.plane.signal('server', 'SIGSTOP')
    try {
      // By the operator, as nobody else gets an answer now.
      await chaos.db
        .updateTable('auth_sessions')
        .set({ revoked_at: toSqlTime(new Date()) })
        .where('user_id', '=', device.user_id)
        .execute()
      await within(SOCKETS_END_WITHIN_MS, open.closed)
    } finally {
      chaos.plane.signal('server', 'SIGCONT')
    }
  })
})
