import { setGpuEnableds } from '@medforge/cli/operations/gpus.ts'
import {
  askToStop,
  listSessionEvents,
  listSessions,
  requireSession,
} from '@medforge/cli/operations/sessions.ts'
import { changeUser, readQuotas, readUsers, requireUser } from '@medforge/cli/operations/users.ts'
import { resetPassword } from '@medforge/cli/stack/accounts.ts'
import { writeHeartbeat } from '@medforge/core'
import { type DB, toSqlTime } from '@medforge/db'
import { newHost, newSession, newUser } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { describe, expect } from 'vitest'
import { readAudit, signIn } from '../admin/admin.ts'
import { test } from '../app.ts'

const GIB = 1024 ** 3
const LIMITS = { startTimeoutMs: 120_000, stopTimeoutMs: 60_000 }
const stopRequest = () => ({ at: new Date(), requestId: 'operator', limits: LIMITS })

async function actionsOf(db: Kysely<DB>): Promise<string[]> {
  return (await readAudit(db)).map(({ actor_user_id, action }) => {
    expect(actor_user_id).toBeNull()
    return action
  })
}

describe('the operator’s sessions', () => {
  test('are listed newest first, those that ended only on request', async ({ db }) => {
    await newHost(db)
    const { id: user_id, email } = await newUser(db)
    const running = await newSession(db, { user_id, created_at: '2026-03-01 10:00:00' })
    const ended = await newSession(db, {
      ...{ user_id, status: 'error', created_at: '2026-03-01 11:00:00' },
    })
    const slugs = async (all: boolean) =>
      (await listSessions(db, { all })).map(({ slug, user_email }) => [slug, user_email])
    expect(await slugs(false)).toEqual([[running.slug, email]])
    expect(await slugs(true)).toEqual([
      [ended.slug, email],
      [running.slug, email],
    ])
  })

  test('are found by id, slug, container or host name, and by nothing else', async ({ db }) => {
    await newHost(db)
    const { id: user_id } = await newUser(db)
    const { id, slug } = await newSession(db, { user_id })
    for (const ref of [id, slug, `mf-session-${slug}`, `s-${slug}`, ` ${slug.toUpperCase()} `]) {
      expect((await requireSession(db, ref)).id).toBe(id)
    }
    await expect(requireSession(db, '%')).rejects.toThrow('no session')
  })

  test('are stopped as their owner could, once, with an audit row', async ({ db }) => {
    await newHost(db)
    const { id: user_id } = await newUser(db)
    const session = await newSession(db, { user_id })
    expect(await askToStop(db, session, stopRequest())).toBe(true)
    expect(await askToStop(db, session, stopRequest())).toBe(false)
    expect((await requireSession(db, session.id)).status).toBe('stopping')
    expect(await listSessionEvents(db, session.id)).toMatchObject([
      { kind: 'transition', to_status: 'stopping', reason: 'A stop was requested.' },
    ])
    expect(await actionsOf(db)).toEqual(['session.stop'])
  })
})

describe('the operator’s GPUs', () => {
  test('are switched off with a reason and on again, all of those named or none', async ({
    db,
  }) => {
    await newHost(db)
    await expect(setGpuEnableds(db, ['1', '9'], { isEnabled: false })).rejects.toThrow('no GPU 9')
    expect(await actionsOf(db)).toEqual([])
    const off = await setGpuEnableds(db, ['1', '2'], { isEnabled: false, reason: 'fan is loud' })
    expect(off).toMatchObject([
      { id: 1, is_enabled: false, disabled_reason: 'fan is loud' },
      { id: 2, is_enabled: false },
    ])
    const [on] = await setGpuEnableds(db, ['1'], { isEnabled: true })
    expect(on).toMatchObject({ is_enabled: true, disabled_reason: null })
    await setGpuEnableds(db, ['1'], { isEnabled: true })
    expect(await actionsOf(db)).toEqual(['gpu.disable', 'gpu.disable', 'gpu.enable'])
  })

  test.for([
    ['in quarantine', -3_600_000],
    ['in quarantine since before the clock was put back', 3_600_000],
  ] as const)(
    'that are %s are cleared by enabling, which is for the reconciler to act on',
    async ([, sinceMs], { db }) => {
      await newHost(db)
      const quarantined_at = toSqlTime(new Date(Date.now() + sinceMs))
      const seen = { quarantined_at }
      await db
        .updateTable('gpu_devices')
        .set({ health: 'failing', health_reason: 'GPU is lost', quarantine: 'fault', ...seen })
        .where('id', '=', 3)
        .execute()
      const [gpu] = await setGpuEnableds(db, ['3'], { isEnabled: true })
      expect(gpu).toMatchObject({ quarantine: 'fault', health: 'failing' })
      const { cleared_at } = await db
        .selectFrom('gpu_devices')
        .select('cleared_at')
        .where('id', '=', 3)
        .executeTakeFirstOrThrow()
      expect((cleared_at ?? '') > quarantined_at).toBe(true)
      expect(await readAudit(db)).toMatchObject([
        { action: 'gpu.enable', subject: '3', detail: '{"cleared":"GPU is lost"}' },
      ])
    },
  )
})

describe('the operator’s accounts', () => {
  test('are all listed, and found by part of an address', async ({ db }) => {
    await newUser(db, { email: 'ada@example.org' })
    await newUser(db, { email: 'grace@example.org' })
    expect(await readUsers(db)).toHaveLength(2)
    expect((await readUsers(db, 'ADA')).map(({ email }) => email)).toEqual(['ada@example.org'])
    expect((await requireUser(db, ' Ada@Example.org')).email).toBe('ada@example.org')
    await expect(requireUser(db, 'nobody@example.org')).rejects.toThrow('no account')
  })

  test('that are disabled are out at once, also of a server that runs; their sessions go on', async ({
    api,
    db,
  }) => {
    await newHost(db)
    const person = await signIn(api, db)
    const session = await newSession(db, { user_id: person.userId })
    expect((await person.visitor.get('/me')).status).toBe(200)
    const user = await requireUser(db, person.email)
    const disabled = await changeUser(db, user, { isDisabled: true })
    expect(disabled).toMatchObject({ active_sessions: 1, disabled_at: expect.any(String) })
    expect((await person.visitor.get('/me')).status).toBe(401)
    expect((await person.visitor.logIn(person.email)).problem().code).toBe('account_disabled')
    expect((await requireSession(db, session.id)).status).toBe('running')
    await changeUser(db, user, { isDisabled: false })
    expect((await person.visitor.logIn(person.email)).status).toBe(200)
    expect(await actionsOf(db)).toEqual(['user.disable', 'user.enable'])
  })

  test('change role and limit for a login that is open', async ({ api, db }) => {
    const person = await signIn(api, db)
    const user = await requireUser(db, person.email)
    await changeUser(db, user, { role: 'admin', limits: { sessions: 3 } })
    const me = (await person.visitor.get('/me')).data<object>()
    expect(me).toMatchObject({ role: 'admin', max_concurrent_sessions: 3 })
    await newUser(db, { role: 'admin' })
    await changeUser(db, user, { role: 'user' })
    expect((await person.visitor.get('/admin/gpus')).status).toBe(403)
    expect(await actionsOf(db)).toEqual(['user.role', 'user.limit', 'user.role'])
  })

  test('get limits of their own, each with an audit row, and lose them again', async ({ db }) => {
    const { email } = await newUser(db)
    const user = await requireUser(db, email)
    const none = { cpu: null, memory_bytes: null, shm_bytes: null, storage_bytes: null }
    expect(user.limits).toEqual(none)
    const limits = { sessions: 2, cpu: 1.5, memory: 16 * GIB, shm: GIB, storage: 50 * GIB }
    const own = { cpu: 1.5, memory_bytes: 16 * GIB, shm_bytes: GIB, storage_bytes: 50 * GIB }
    for (let time = 0; time < 2; time += 1) {
      expect(await changeUser(db, user, { limits })).toMatchObject({
        max_concurrent_sessions: 2,
        limits: own,
      })
    }
    const { limits: left } = await changeUser(db, user, { limits: { cpu: null, storage: null } })
    expect(left).toEqual({ ...own, cpu: null, storage_bytes: null })
    expect((await readAudit(db)).map(({ action, detail }) => [action, detail])).toEqual(
      [
        { limit: 'sessions', from: 1, to: 2 },
        { limit: 'cpu', from: null, to: 1.5 },
        { limit: 'memory', from: null, to: 16 * GIB },
        { limit: 'shm', from: null, to: GIB },
        { limit: 'storage', from: null, to: 50 * GIB },
        { limit: 'cpu', from: 1.5, to: null },
        { limit: 'storage', from: 50 * GIB, to: null },
      ].map((detail) => ['user.limit', JSON.stringify(detail)]),
    )
  })

  test('are shown with what they use and may use, by the pool that the reconciler knew last', async ({
    db,
  }) => {
    const { id, email } = await newUser(db)
    const usage = { used_bytes: 3 * GIB, snapshots_bytes: GIB }
    await db
      .insertInto('storage_usage')
      .values({ user_id: id, ...usage, measured_at: toSqlTime(new Date()) })
      .execute()
    const report = { able: true, reasons: [], boot_id: 'b', pool_bytes: 400 * GIB }
    await writeHeartbeat(db, { now: () => new Date(0) }, report)
    const quotaOf = async (settings: Record<string, string>) =>
      (await readQuotas({ db, settings }))(await requireUser(db, email)).storage_quota_bytes
    expect((await requireUser(db, email)).storage).toEqual(usage)
    expect(await quotaOf({})).toBe(20 * GIB)
    expect(await quotaOf({ PERSON_QUOTA_GB: '5' })).toBe(5 * GIB)
    await changeUser(db, await requireUser(db, email), { limits: { storage: 50 * GIB } })
    expect(await quotaOf({ PERSON_QUOTA_GB: '5' })).toBe(50 * GIB)
  })

  test('never lose their last administrator', async ({ db }) => {
    const { email } = await newUser(db, { role: 'admin' })
    const admin = await requireUser(db, email)
    for (const change of [{ isDisabled: true }, { role: 'user' as const }]) {
      await expect(changeUser(db, admin, change)).rejects.toThrow('only administrator')
    }
    expect(await actionsOf(db)).toEqual([])
  })

  test('get a new password with an audit row that does not hold it', async ({ db, database }) => {
    const { email, id } = await newUser(db)
    const { password } = await resetPassword(database.url, email)
    const audit = await readAudit(db)
    expect(audit).toMatchObject([{ action: 'user.password_reset', subject: id }])
    expect(JSON.stringify(audit)).not.toContain(password)
  })
})
