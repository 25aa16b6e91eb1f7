import { changeAccount, moveAccessEpoch, requestStop } from '@medforge/core'
import { inTransaction } from '@medforge/db'
import { eventually, newSession, PASSWORD } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { HOST, openRunningSession, SLUG } from './running-session.ts'
import { LIMITS, type SessionView, type Stage, test } from './stage.ts'

/** How old what a server remembers may be when it lets somebody in. */
const BOUND_MS = 250

describe('what this server did or showed counts at once', () => {
  test('a stop', async ({ stage }) => {
    const { session, visitor, ask } = await openRunningSession(stage)
    stage.runtime.setAway(true)
    expect((await ask()).status).toBe(200)
    await visitor.post(`/sessions/${session.id}/stop`)
    expect((await ask()).status).toBe(404)
  })

  test('a logout', async ({ stage }) => {
    const { visitor, ask } = await openRunningSession(stage)
    const cookie = visitor.cookie() ?? ''
    expect((await ask()).status).toBe(200)
    await visitor.post('/auth/logout')
    expect((await ask({ cookie })).status).toBe(401)
  })

  test('a password, for every login but the one that changed it', async ({ stage }) => {
    const { user, visitor, ask } = await openRunningSession(stage)
    const other = stage.api.visitor()
    await other.logIn(user.email)
    const [old, others] = [visitor.cookie() ?? '', other.cookie() ?? '']
    for (const cookie of [old, others]) expect((await ask({ cookie })).status).toBe(200)
    const change = { current_password: PASSWORD, new_password: 'a much better password' }
    expect((await visitor.post('/auth/password', change)).status).toBe(200)
    for (const cookie of [old, others]) expect((await ask({ cookie })).status).toBe(401)
    expect((await ask()).status).toBe(200)
  })

  test('a role, and an account that is disabled', async ({ stage }) => {
    await openRunningSession(stage)
    const admin = await stage.person({ role: 'admin' })
    const visited = await stage.person({ role: 'admin' })
    const visit = () => visited.visitor.get('/auth/session-proxy', { host: HOST })
    const change = (body: object) =>
      admin.visitor.ask(`/admin/users/${visited.user.id}`, { method: 'PATCH', body })
    expect((await visit()).status).toBe(200)
    await change({ role: 'user' })
    expect((await visit()).status).toBe(403)
    await change({ role: 'admin' })
    expect((await visit()).status).toBe(200)
    await change({ is_disabled: true })
    expect((await visit()).status).toBe(401)
  })

  test('a launch: who may not enter a moment before is let in', async ({ stage }) => {
    const { user, visitor } = await stage.person()
    const ask = () => visitor.get('/auth/session-proxy', { host: HOST })
    expect((await ask()).status).toBe(404)
    await newSession(stage.db, { user_id: user.id, slug: SLUG })
    expect((await ask()).status).toBe(200)
  })

  test('a login that another server made', async ({ stage, open }) => {
    const { user, ask } = await openRunningSession(stage)
    const other = (await open()).visitor()
    await other.logIn(user.email)
    expect((await ask({ cookie: other.cookie() ?? '' })).status).toBe(200)
  })

  test('a session that another process ended, once it was shown as ended', async ({ stage }) => {
    const { session, visitor, ask } = await openRunningSession(stage)
    expect((await ask()).status).toBe(200)
    await stopElsewhere(stage, session.id)
    expect((await ask()).status).toBe(200)
    const shown = await visitor.get(`/sessions/${session.id}`)
    expect(shown.data<SessionView>().status).toBe('stopping')
    expect((await ask()).status).toBe(404)
  })

  test('a login that another process ended, once it was refused elsewhere', async ({
    stage,
    open,
  }) => {
    const { visitor, ask } = await openRunningSession(stage)
    const cookie = visitor.cookie() ?? ''
    const other = (await open()).visitor()
    expect((await ask()).status).toBe(200)
    await other.post('/auth/logout', undefined, { cookie })
    expect((await ask()).status).toBe(200)
    expect((await visitor.get('/me')).status).toBe(401)
    expect((await ask({ cookie })).status).toBe(401)
  })

  test('that a login was not used for too long', async ({ stage }) => {
    const { ask } = await openRunningSession(stage)
    expect((await ask()).status).toBe(200)
    stage.api.clock.jump(8 * 86_400_000)
    expect((await ask()).status).toBe(401)
  })
})

describe('what another process did counts within 250 ms', () => {
  test('and not before it is read again', async ({ stage }) => {
    const { session, ask } = await openRunningSession(stage)
    expect((await ask()).status).toBe(200)
    await stopElsewhere(stage, session.id)
    stage.api.clock.advance(BOUND_MS)
    expect((await ask()).status).toBe(200)
    stage.api.clock.advance(1)
    expect((await ask()).status).toBe(404)
  })

  test('a logout at another server on the same database', async ({ stage, open }) => {
    const { visitor, ask } = await openRunningSession(stage)
    const cookie = visitor.cookie() ?? ''
    const other = (await open()).visitor()
    expect((await ask()).status).toBe(200)
    expect((await other.post('/auth/logout', undefined, { cookie })).status).toBe(200)
    stage.api.clock.advance(BOUND_MS + 1)
    expect((await ask()).status).toBe(401)
  })

  test('sooner where the epoch is read meanwhile, as it is while people ask', async ({
    stage,
    open,
    db,
  }) => {
    const { visitor, ask } = await openRunningSession(stage)
    const other = (await open()).visitor()
    expect((await ask()).status).toBe(200)
    await other.post('/auth/logout', undefined, { cookie: visitor.cookie() ?? '' })
    const renew = stage.api.timers.shift()
    renew?.()
    await eventually(async () => (await ask()).status === 401)
    expect(await db.selectFrom('auth_sessions').select('id').execute()).toHaveLength(1)
  })

  test('an account that the operator disabled, in the first decision of a server that knew its login', async ({
    stage,
    db,
  }) => {
    const { user, visitor, ask } = await openRunningSession(stage)
    expect((await visitor.get('/me')).status).toBe(200)
    const by = { actorUserId: null, at: stage.api.clock.now() }
    await inTransaction(db, (tx) => changeAccount(tx, user.id, { isDisabled: true }, by))
    expect((await ask()).status).toBe(401)
  })
})

/** As the operator does. */
async function stopElsewhere({ db, api }: Stage, id: string): Promise<void> {
  const at = api.clock.now()
  await inTransaction(db, async (tx) => {
    await requestStop(tx, id, { at, requestId: 'operator', limits: LIMITS })
    await moveAccessEpoch(tx, at)
  })
}
