import { Message, SESSION_COOKIE, type Session } from '@medforge/contracts'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { becomeAdmin } from '../support/admin.ts'
import { addEchoPack } from '../support/echo/pack.ts'
import { expectData } from '../support/expectations.ts'
import { eventually, openDatabase, readInstallation, within } from '../support/installation.ts'
import { logIn, PASSWORD, type Person, readCookie, signUp } from '../support/person.ts'
import { launch, stop, visit } from '../support/sessions.ts'
import { openWebsocket } from '../support/websocket.ts'

const SOCKETS_END_WITHIN_MS = 10_000

const installation = readInstallation()
let admin: Person
let pack_id: string

beforeAll(async () => {
  pack_id = await addEchoPack(installation)
  admin = await becomeAdmin(installation)
})

async function openSocket(session: Session, person: Person) {
  const host = installation.sessionHost(session.slug)
  const handshake = await openWebsocket(host, '/socket', { cookie: person.cookie })
  if (!handshake.socket) throw new Error(`The handshake was refused: ${handshake.status}.`)
  return handshake
}

/** What an open socket still carries: whether the bytes come back. */
async function echoes(socket: NodeJS.ReadWriteStream): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  if (!socket.writable) return false
  socket.once('data', () => resolve(true)).once('close', () => resolve(false))
  socket.write('still there?')
  return promise
}

const statusFor = async (session: Session, person: Person) =>
  (await visit(installation, session.slug, person)).status

describe('access to a session', () => {
  const sessions: Session[] = []

  async function launchFor(name: string) {
    const person = await signUp(installation, name)
    const session = await launch(person, { pack_id })
    sessions.push(session)
    return { person, session }
  }

  // There are fewer GPUs than sessions in these tests.
  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((session) => stop(admin, session)))
  })

  test('ends with a logout: requests at once, open sockets within ten seconds, and leaves another device’s', async () => {
    const { person, session } = await launchFor('logout')
    const device = await logIn(installation, person.email, PASSWORD)
    const kept = await openSocket(session, person)
    const { socket, closed } = await openSocket(session, device)
    expect(await echoes(socket)).toBe(true)
    expectData(await device.api('POST', '/auth/logout'), 200, Message)
    expect(await statusFor(session, device)).toBe(401)
    await within(SOCKETS_END_WITHIN_MS, closed)
    expect(await echoes(kept.socket)).toBe(true)
    expect(await statusFor(session, person)).toBe(200)
    kept.socket.destroy()
  })

  test('ends with an administrator’s logout for this administrator, and leaves its owner’s and another administrator’s', async () => {
    const { person, session } = await launchFor('visited-by-two')
    const visiting = await logIn(installation, admin.email, admin.password)
    const kept = [await openSocket(session, person), await openSocket(session, admin)]
    const { socket, closed } = await openSocket(session, visiting)
    expect(await echoes(socket)).toBe(true)
    expectData(await visiting.api('POST', '/auth/logout'), 200, Message)
    await within(SOCKETS_END_WITHIN_MS, closed)
    for (const each of kept) {
      expect(await echoes(each.socket)).toBe(true)
      each.socket.destroy()
    }
  })

  test('ends for whoever ceases to be an administrator, and leaves their own session', async () => {
    const { session } = await launchFor('somebody-else')
    const own = await launchFor('former-admin')
    const change = (role: 'admin' | 'user') =>
      admin.api('PATCH', `/admin/users/${own.person.user_id}`, { json: { role } })
    expect((await change('admin')).status).toBe(200)
    const kept = await openSocket(own.session, own.person)
    const { closed } = await openSocket(session, own.person)
    expect((await change('user')).status).toBe(200)
    expect(await statusFor(session, own.person)).toBe(403)
    await within(SOCKETS_END_WITHIN_MS, closed)
    expect(await echoes(kept.socket)).toBe(true)
    kept.socket.destroy()
  })

  test('ends with a new password for every login of the account, and the cookie that comes with it opens it again', async () => {
    const { person, session } = await launchFor('password')
    const device = await logIn(installation, person.email, PASSWORD)
    const open = [await openSocket(session, device), await openSocket(session, person)]
    for (const { socket } of open) expect(await echoes(socket)).toBe(true)
    const json = { current_password: PASSWORD, new_password: `${PASSWORD} and more` }
    const answer = await person.api('POST', '/auth/password', { json })
    expectData(answer, 200, Message)
    expect(await statusFor(session, device)).toBe(401)
    expect(await statusFor(session, person)).toBe(401)
    const cookie = `${SESSION_COOKIE}=${readCookie(answer, SESSION_COOKIE)}`
    const renewed = await openSocket(session, { ...person, cookie })
    await within(SOCKETS_END_WITHIN_MS, Promise.all(open.map(({ closed }) => closed)))
    expect(await echoes(renewed.socket)).toBe(true)
    renewed.socket.destroy()
    expect(await statusFor(session, { ...person, cookie })).toBe(200)
  })

  test('ends for an account that is disabled, and comes back when it is enabled', async () => {
    const { person, session } = await launchFor('disabled')
    const { socket, closed } = await openSocket(session, person)
    expect(await echoes(socket)).toBe(true)
    const path = `/admin/users/${person.user_id}`
    const change = (is_disabled: boolean) =>
      admin.api('PATCH', path, { json: { is_disabled } }).then(({ status }) => status)
    expect(await change(true)).toBe(200)
    expect(await statusFor(session, person)).toBe(401)
    await within(SOCKETS_END_WITHIN_MS, closed)
    expect(await change(false)).toBe(200)
    expect(await statusFor(session, person)).toBe(401)
    const back = await logIn(installation, person.email, PASSWORD)
    expect(await statusFor(session, back)).toBe(200)
  })

  test('ends with the session, for its owner and a visiting admin alike', async () => {
    const { person, session } = await launchFor('stopped')
    const open = [await openSocket(session, person), await openSocket(session, admin)]
    const stopping = stop(person, session)
    await within(SOCKETS_END_WITHIN_MS, Promise.all(open.map(({ closed }) => closed)))
    await stopping
    expect(await statusFor(session, person)).toBe(404)
    expect(await statusFor(session, admin)).toBe(404)
  })

  test('ends for one person without touching anybody else’s', async () => {
    const [one, other] = [await launchFor('one'), await launchFor('other')]
    const mine = await openSocket(one.session, one.person)
    const theirs = await openSocket(other.session, other.person)
    expectData(await one.person.api('POST', '/auth/logout'), 200, Message)
    await within(SOCKETS_END_WITHIN_MS, mine.closed)
    expect(await echoes(theirs.socket)).toBe(true)
    theirs.socket.destroy()
  })

  test('of an administrator leaves one audit row, however much is loaded', async () => {
    const { person, session } = await launchFor('visited')
    for (let count = 0; count < 5; count += 1) {
      expect(await statusFor(session, admin)).toBe(200)
      expect(await statusFor(session, person)).toBe(200)
    }
    await using db = openDatabase(installation)
    const rows = () =>
      db
        .selectFrom('audit_events')
        .select(['actor_user_id', 'request_id'])
        .where('action', '=', 'session.visit')
        .where('subject', '=', session.id)
        .execute()
    await eventually(async () => (await rows()).length > 0, 'the visit is in the audit log')
    expect(await rows()).toEqual([
      { actor_user_id: admin.user_id, request_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    ])
  })
})
