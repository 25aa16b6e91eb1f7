import { randomBytes, randomUUID } from 'node:crypto'
import { changePassword } from '@medforge/api/identity/repository.ts'
import { changeAccount } from '@medforge/core'
import { inTransaction } from '@medforge/db'
import { newSession, newUser } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'
import { allOf, DAY_MS, logOut, NOW, newLogin, only, openRevocations } from './revocation-world.ts'

const { signal } = new AbortController()
const AFTER_OPENING_MS = 6_000

describe('a server that was killed before it wrote who entered', () => {
  test('costs the session all its connections once a login ends that may have entered, and not before', async ({
    db,
  }) => {
    const { ada, hers, enter, cuts, clock, revocations, killServer, rows } =
      await openRevocations(db)
    const [login, device] = [await newLogin(db, ada.id), await newLogin(db, ada.id)]
    enter(login, hers)
    await killServer()
    await revocations.runOnce(signal)
    expect(cuts).toEqual([])
    clock.advance(AFTER_OPENING_MS)
    await logOut(db, login, clock.now())
    await revocations.runOnce(signal)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([allOf(hers)])
    // Nothing of before is open there any more, so the other login has nothing unknown either.
    await logOut(db, device, clock.now())
    await revocations.runOnce(signal)
    expect(cuts).toHaveLength(1)
    expect(await rows()).toMatchObject([])
  })

  test('costs every running session its connections once an admin signs out', async ({ db }) => {
    const { hers, other, cuts, clock, revocations, killServer } = await openRevocations(db)
    const admin = await newLogin(db, (await newUser(db, { role: 'admin' })).id)
    await killServer()
    clock.advance(AFTER_OPENING_MS)
    await logOut(db, admin, clock.now())
    await revocations.runOnce(signal)
    expect(cuts).toEqual([allOf(hers, other)])
  })

  test('leaves what was written before it was killed as it is known', async ({ db }) => {
    const { ada, hers, enter, cuts, clock, server, revocations, killServer } =
      await openRevocations(db)
    const login = await newLogin(db, ada.id)
    const opened = enter(login, hers)
    await server.log.flush()
    await killServer()
    clock.advance(AFTER_OPENING_MS)
    await logOut(db, login, clock.now())
    await revocations.runOnce(signal)
    expect(cuts).toEqual([{ clients: [opened], sessions: [hers.slug] }])
  })

  test.for([
    'signed out',
    'ran out',
    'was idle',
    'was disabled',
    'got a new password',
    'was demoted',
  ])('cuts for a login that %s before the next server came', async (how, { db }) => {
    const { ada, hers, other, enter, cuts, clock, revocations, killServer } =
      await openRevocations(db)
    const person = how === 'was demoted' ? await newUser(db, { role: 'admin' }) : ada
    const login = await newLogin(db, person.id)
    enter(login, hers)
    const by = { actorUserId: null, at: NOW }
    const change = (what: Parameters<typeof changeAccount>[2]) =>
      inTransaction(db, (tx) => changeAccount(tx, person.id, what, by))
    if (how === 'signed out') await logOut(db, login, NOW)
    else if (how === 'ran out') clock.advance(DAY_MS)
    else if (how === 'was idle') {
      await db.updateTable('auth_sessions').set({ expires_at: '2027-01-01' }).execute()
      clock.advance(7 * DAY_MS)
    } else if (how === 'was disabled') await change({ isDisabled: true })
    else if (how === 'was demoted') {
      await newUser(db, { role: 'admin' })
      await change({ role: 'user' })
    } else {
      const by = { requestId: randomUUID(), address: '192.0.2.7', at: NOW }
      const who = { userId: ada.id, loginId: login.id, ...by }
      const tokenHash = randomBytes(32)
      await changePassword(db, { ...who, tokenHash }, ada.password_hash, 'new')
    }
    await killServer()
    await revocations.runOnce(signal)
    expect(cuts).toEqual([how === 'was demoted' ? allOf(hers, other) : allOf(hers)])
  })

  test('costs nobody anything for a login that had ended before', async ({ db }) => {
    const { ada, hers, enter, cuts, clock, server, revocations, killServer } =
      await openRevocations(db)
    await logOut(db, await newLogin(db, ada.id), NOW)
    clock.advance(600_000)
    enter(await newLogin(db, ada.id, clock.now()), hers)
    await server.log.flush()
    await killServer()
    await revocations.runOnce(signal)
    expect(cuts).toEqual([])
  })

  test('costs a session that started afterwards nothing', async ({ db }) => {
    const { ada, enter, cuts, clock, revocations, killServer } = await openRevocations(db)
    const login = await newLogin(db, ada.id)
    await killServer()
    await db.deleteFrom('session_accesses').execute()
    const later = await newSession(db, { user_id: ada.id, gpu_id: 2 })
    const opened = enter(login, later)
    clock.advance(AFTER_OPENING_MS)
    await logOut(db, login, clock.now())
    await revocations.runOnce(signal)
    expect(cuts).toEqual([only(opened)])
  })
})

describe('a server that was stopped', () => {
  test('leaves everything written, and the next one nothing unknown', async ({ db }) => {
    const { ada, hers, enter, cuts, server, revocations, nextServer } = await openRevocations(db)
    const [login, device] = [await newLogin(db, ada.id), await newLogin(db, ada.id)]
    const opened = enter(login, hers)
    enter(device, hers)
    await server.log[Symbol.asyncDispose]()
    await nextServer()
    await logOut(db, login, NOW)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([only(opened)])
  })

  test('leaves nothing unknown while none is there', async ({ db }) => {
    const { ada, hers, enter, cuts, server, revocations } = await openRevocations(db)
    const login = await newLogin(db, ada.id)
    const opened = enter(login, hers)
    await server.log[Symbol.asyncDispose]()
    server.isAnswering = false
    await logOut(db, login, NOW)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([only(opened)])
  })

  test('closes nothing that the next one has opened', async ({ db }) => {
    const { ada, hers, enter, cuts, clock, server, revocations, killServer, nextServer } =
      await openRevocations(db)
    const login = await newLogin(db, ada.id)
    const before = server.log
    await nextServer()
    await before[Symbol.asyncDispose]()
    await db.deleteFrom('session_accesses').execute()
    enter(login, hers)
    await killServer()
    clock.advance(AFTER_OPENING_MS)
    await logOut(db, login, clock.now())
    await revocations.runOnce(signal)
    expect(cuts).toEqual([allOf(hers)])
  })
})

describe('a server that does not answer', () => {
  test('costs the sessions concerned all their connections, in the same pass', async ({ db }) => {
    const { ada, grace, hers, other, enter, cuts, server, revocations } = await openRevocations(db)
    const login = await newLogin(db, ada.id)
    enter(login, hers)
    enter(await newLogin(db, grace.id), other)
    server.isAnswering = false
    await logOut(db, login, NOW)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([allOf(hers)])
  })

  test('costs nobody anything where no login ends', async ({ db }) => {
    const { ada, hers, enter, cuts, server, revocations } = await openRevocations(db)
    enter(await newLogin(db, ada.id), hers)
    server.isAnswering = false
    await revocations.runOnce(signal)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([])
  })
})

describe('a connection that nobody knows', () => {
  test('is cut with all of its session, until it must have been open', async ({ db }) => {
    const { ada, hers, server, cuts, clock, revocations, rows } = await openRevocations(db)
    const login = await newLogin(db, ada.id)
    server.log.note({ tokenHash: login.tokenHash, sessionId: hers.id }, undefined)
    await logOut(db, login, NOW)
    await revocations.runOnce(signal)
    clock.advance(2_000)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([allOf(hers), allOf(hers)])
    clock.advance(AFTER_OPENING_MS)
    await revocations.runOnce(signal)
    await revocations.runOnce(signal)
    expect(cuts).toHaveLength(3)
    expect(await rows()).toEqual([])
  })

  test('is tried again while its session resists', async ({ db }) => {
    const { ada, hers, server, cuts, clock, resisting, revocations } = await openRevocations(db)
    const login = await newLogin(db, ada.id)
    server.log.note({ tokenHash: login.tokenHash, sessionId: hers.id }, undefined)
    clock.advance(AFTER_OPENING_MS)
    await logOut(db, login, clock.now())
    resisting.add(hers.slug)
    await expect(revocations.runOnce(signal)).rejects.toThrow()
    resisting.clear()
    await revocations.runOnce(signal)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([allOf(hers), allOf(hers)])
  })
})
