import { randomBytes, randomUUID } from 'node:crypto'
import { changePassword } from '@medforge/api/identity/repository.ts'
import { createRevocations } from '@medforge/api/reconciler/revocations.ts'
import { changeAccount } from '@medforge/core'
import { type DB, inTransaction, toSqlTime } from '@medforge/db'
import { newUser } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'
import { DAY_MS, logOut, NOW, newLogin, only, openRevocations } from './revocation-world.ts'

const { signal } = new AbortController()

const change = (db: Kysely<DB>, id: string, what: Parameters<typeof changeAccount>[2]) =>
  inTransaction(db, (tx) => changeAccount(tx, id, what, { actorUserId: null, at: NOW }))

describe(createRevocations, () => {
  test('cuts what a login opened once it signed out, once', async ({ db }) => {
    const { ada, hers, enter, cuts, revocations } = await openRevocations(db)
    const login = await newLogin(db, ada.id)
    const opened = [enter(login, hers), enter(login, hers)]
    await revocations.runOnce(signal)
    expect(cuts).toEqual([])
    await logOut(db, login, NOW)
    await revocations.runOnce(signal)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([only(...opened)])
  })

  test('leaves what another login of the same person opened', async ({ db }) => {
    const { ada, hers, enter, cuts, revocations } = await openRevocations(db)
    const [phone, laptop] = [await newLogin(db, ada.id), await newLogin(db, ada.id)]
    const opened = enter(phone, hers)
    enter(laptop, hers)
    await logOut(db, phone, NOW)
    await revocations.runOnce(signal)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([only(opened)])
  })

  test('leaves everybody else where an admin signed out', async ({ db }) => {
    const { ada, grace, hers, other, enter, cuts, revocations } = await openRevocations(db)
    const admin = await newLogin(db, (await newUser(db, { role: 'admin' })).id)
    enter(await newLogin(db, ada.id), hers)
    enter(await newLogin(db, grace.id), other)
    const opened = [enter(admin, hers), enter(admin, other)]
    await logOut(db, admin, NOW)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([only(...opened)])
  })

  test('cuts what somebody who ceased to be an admin opened of others, once, and leaves the rest', async ({
    db,
  }) => {
    const { ada, grace, hers, other, enter, cuts, revocations } = await openRevocations(db)
    await change(db, ada.id, { role: 'admin' })
    await change(db, grace.id, { role: 'admin' })
    const login = await newLogin(db, grace.id)
    enter(await newLogin(db, ada.id), other)
    enter(login, other)
    const opened = enter(login, hers)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([])
    await change(db, grace.id, { role: 'user' })
    await revocations.runOnce(signal)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([only(opened)])
  })

  test('cuts what a disabled account opened', async ({ db }) => {
    const { ada, hers, enter, cuts, revocations } = await openRevocations(db)
    const opened = enter(await newLogin(db, ada.id), hers)
    await change(db, ada.id, { isDisabled: true })
    await revocations.runOnce(signal)
    expect(cuts).toEqual([only(opened)])
  })

  test('cuts what was opened before a new password, once, and not what its new token opened', async ({
    db,
  }) => {
    const { ada, hers, enter, cuts, revocations } = await openRevocations(db)
    const [login, device] = [await newLogin(db, ada.id), await newLogin(db, ada.id)]
    const opened = [enter(login, hers), enter(device, hers)]
    const renewed = { ...login, tokenHash: randomBytes(32) }
    const { tokenHash } = renewed
    const by = { requestId: randomUUID(), address: '192.0.2.7', at: NOW }
    const who = { userId: ada.id, loginId: login.id, tokenHash, ...by }
    expect(await changePassword(db, who, 'another', 'new')).toBeUndefined()
    await revocations.runOnce(signal)
    expect(cuts).toEqual([])
    expect(await changePassword(db, who, ada.password_hash, 'new')).toEqual([device.id])
    enter(renewed, hers)
    await revocations.runOnce(signal)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([only(...opened)])
  })

  test('cuts what a login opened when it ran out, once, and not before', async ({ db }) => {
    const { ada, hers, enter, cuts, clock, revocations } = await openRevocations(db)
    const opened = enter(await newLogin(db, ada.id), hers)
    clock.advance(DAY_MS - 1)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([])
    clock.advance(1)
    await revocations.runOnce(signal)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([only(opened)])
  })

  test('cuts what a login opened that nobody used for its idle limit, once, and not before', async ({
    db,
  }) => {
    const { ada, hers, enter, cuts, clock, revocations } = await openRevocations(db)
    const login = await newLogin(db, ada.id)
    const expires_at = toSqlTime(new Date(NOW.getTime() + 8 * DAY_MS))
    await db.updateTable('auth_sessions').set({ expires_at }).execute()
    const opened = enter(login, hers)
    clock.advance(7 * DAY_MS - 1)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([])
    clock.advance(1)
    await revocations.runOnce(signal)
    // Its age ends later, and with it nothing.
    clock.advance(DAY_MS)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([only(opened)])
  })

  test('cuts what a login opened of which no row is left', async ({ db }) => {
    const { ada, hers, enter, cuts, revocations } = await openRevocations(db)
    const opened = enter(await newLogin(db, ada.id), hers)
    await db.deleteFrom('auth_sessions').execute()
    await revocations.runOnce(signal)
    expect(cuts).toEqual([only(opened)])
  })

  test('forgets who was in a session that has ended, and cuts nothing there', async ({ db }) => {
    const { ada, hers, enter, cuts, revocations, rows } = await openRevocations(db)
    const login = await newLogin(db, ada.id)
    enter(login, hers)
    const ended = { status: 'stopped', container_id: null, stopped_at: toSqlTime(NOW) } as const
    await db.updateTable('sessions').set(ended).where('id', '=', hers.id).execute()
    await logOut(db, login, NOW)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([])
    expect(await rows()).toEqual([])
  })
})

describe('a connection that others use after the login that ended', () => {
  test.for([
    ['HTTP/1.1', 'HTTP/1.1'],
    ['HTTP/1.1', 'HTTP/2.0'],
    ['HTTP/2.0', 'HTTP/1.1'],
  ] as const)(
    'is left where it is not the same any more: first %s, then %s',
    async ([before, after], { db }) => {
      const { ada, grace, hers, other, enter, cuts, revocations, rows } = await openRevocations(db)
      const [first, second] = [await newLogin(db, ada.id), await newLogin(db, grace.id)]
      const client = enter(first, hers, before)
      enter(second, other, after, client)
      await logOut(db, first, NOW)
      await revocations.runOnce(signal)
      expect(cuts).toEqual([])
      expect(await rows()).toMatchObject([{ client, token_hash: second.tokenHash }])
    },
  )

  test('is cut where it was the login that ended who used it last', async ({ db }) => {
    const { ada, grace, hers, other, enter, cuts, revocations, server } = await openRevocations(db)
    const [first, second] = [await newLogin(db, ada.id), await newLogin(db, grace.id)]
    const client = enter(first, hers)
    await server.log.flush()
    enter(second, other, 'HTTP/1.1', client)
    await server.log.flush()
    enter(first, hers, 'HTTP/1.1', client)
    await logOut(db, first, NOW)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([only(client)])
  })

  test('is cut where it takes several requests at once', async ({ db }) => {
    const { ada, grace, hers, other, enter, cuts, revocations } = await openRevocations(db)
    const [first, second] = [await newLogin(db, ada.id), await newLogin(db, grace.id)]
    const client = enter(first, hers, 'HTTP/2.0')
    enter(second, other, 'HTTP/2.0', client)
    await logOut(db, first, NOW)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([only(client)])
  })
})

describe('a cut that fails', () => {
  test('is tried again', async ({ db }) => {
    const { ada, hers, enter, cuts, refusals, revocations } = await openRevocations(db)
    const login = await newLogin(db, ada.id)
    const opened = enter(login, hers)
    await logOut(db, login, NOW)
    refusals.push(new Error('Docker is away.'))
    await expect(revocations.runOnce(signal)).rejects.toThrow('Docker is away.')
    await revocations.runOnce(signal)
    expect(cuts).toEqual([only(opened)])
  })

  test.for(['the same process', 'a new process'])(
    'is made after ten minutes and a day, by %s',
    async (who, { db }) => {
      const { ada, hers, enter, cuts, refusals, clock, revocations, newRevocations } =
        await openRevocations(db)
      const login = await newLogin(db, ada.id)
      const opened = enter(login, hers)
      await revocations.runOnce(signal)
      await logOut(db, login, NOW)
      refusals.push(new Error('Docker is away.'), new Error('Docker is away.'))
      await expect(revocations.runOnce(signal)).rejects.toThrow()
      clock.advance(600_000 + DAY_MS)
      await expect(revocations.runOnce(signal)).rejects.toThrow()
      const later = who === 'a new process' ? newRevocations() : revocations
      await later.runOnce(signal)
      expect(cuts).toEqual([only(opened)])
    },
  )

  test('shows in the health, and sessions start all the same', async ({ db }) => {
    const { ada, hers, enter, refusals, host, revocations } = await openRevocations(db)
    const reasons = () => host.report().reasons.join()
    const login = await newLogin(db, ada.id)
    enter(login, hers)
    await logOut(db, login, NOW)
    refusals.push(new Error('Docker is away.'))
    await expect(revocations.runOnce(signal)).rejects.toThrow()
    expect(reasons()).toContain('could not be cut')
    await revocations.runOnce(signal)
    expect(reasons()).not.toContain('could not be cut')
  })

  test('is tried again only where it failed', async ({ db }) => {
    const { hers, other, enter, cuts, resisting, revocations } = await openRevocations(db)
    const admin = await newLogin(db, (await newUser(db, { role: 'admin' })).id)
    const [stubborn, meek] = [enter(admin, hers), enter(admin, other)]
    await logOut(db, admin, NOW)
    resisting.add(stubborn)
    await expect(revocations.runOnce(signal)).rejects.toThrow()
    await expect(revocations.runOnce(signal)).rejects.toThrow()
    resisting.clear()
    await revocations.runOnce(signal)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([only(stubborn, meek), only(stubborn), only(stubborn)])
  })
})
