import { HostRefusedError } from '@medforge/api/reconciler/host-error.ts'
import { allocateSession } from '@medforge/api/sessions/allocation.ts'
import { DEFAULT_PACK_ID } from '@medforge/contracts'
import { writeHeartbeat } from '@medforge/core'
import { toSqlTime } from '@medforge/db'
import { eventually } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { type SessionView, sessionOf, test } from './stage.ts'

describe('POST /sessions', () => {
  test('answers once the IDE answers, with a running session that holds a GPU and a container', async ({
    stage,
  }) => {
    const { user, visitor } = await stage.person()
    const answer = await visitor.post('/sessions', {})
    expect(answer.status).toBe(201)
    expect(answer.data()).toMatchObject({ message: 'Session started.' })
    const session = sessionOf(answer)
    expect(session).toMatchObject({
      status: 'running',
      gpu_id: 0,
      error_message: null,
      last_snapshot: null,
      workspace_zfs: `tank/medforge/workspaces/${user.id}/${session.id}`,
      url: `https://s-${session.slug}.medforge.localhost/?folder=/workspace`,
    })
    expect(session.slug).toMatch(/^[a-z2-7]{8}$/)
    const container = stage.runtime.containers.get(`mf-session-${session.slug}`)
    expect(container).toMatchObject({ id: session.container_id, state: 'running' })
    expect(stage.workspaces.datasets.has(session.workspace_zfs)).toBe(true)
    expect((await visitor.get('/sessions/current')).data()).toMatchObject({
      session: { id: session.id },
    })
  })

  test('records every step in order, each with its duration', async ({ stage, db }) => {
    const { visitor } = await stage.person()
    const { id } = sessionOf(await visitor.post('/sessions', {}))
    const events = await db
      .selectFrom('session_events')
      .selectAll()
      .where('session_id', '=', id)
      .orderBy('id')
      .execute()
    expect(events.map(({ step, to_status }) => step ?? to_status)).toEqual([
      'starting',
      'allocated',
      'workspace',
      'container',
      'ready',
      'running',
    ])
    for (const { step, duration_ms } of events) {
      expect(duration_ms === null).toBe(step === null)
    }
  })

  test('asks Docker no more than twice on the way', async ({ stage }) => {
    const { visitor } = await stage.person()
    await visitor.post('/sessions', {})
    expect(stage.runtime.calls).toEqual(['observe', 'start'])
  })

  test('with Prefer: respond-async answers `starting` at once, and the launch goes on', async ({
    stage,
  }) => {
    stage.ide.isReady = false
    const { visitor } = await stage.person()
    const answer = await visitor.post(
      '/sessions',
      {},
      { prefer: 'handling=lenient, Respond-Async; wait=1' },
    )
    expect(answer.status).toBe(201)
    expect(answer.headers['preference-applied']).toBe('respond-async')
    const { id, status } = sessionOf(answer)
    expect(status).toBe('starting')
    stage.ide.isReady = true
    await eventually(async () => (await stage.row(id)).status === 'running')
  })

  test('goes on when its caller leaves', async ({ stage, db }) => {
    stage.ide.isReady = false
    const base = await stage.api.app.listen({ host: '127.0.0.1', port: 0 })
    const { visitor } = await stage.person()
    const leaving = new AbortController()
    const asking = fetch(`${base}/api/v1/sessions`, {
      method: 'POST',
      headers: { cookie: visitor.cookie() ?? '', 'content-type': 'application/json' },
      body: '{}',
      signal: leaving.signal,
    })
    await eventually(() => stage.runtime.containers.size === 1)
    leaving.abort()
    await expect(asking).rejects.toThrow()
    stage.ide.isReady = true
    await eventually(async () => {
      const row = await db.selectFrom('sessions').select('status').executeTakeFirst()
      return row?.status === 'running'
    })
  })

  test('accepts the default pack by id and by null', async ({ stage }) => {
    const { visitor } = await stage.person({ max_concurrent_sessions: 2 })
    for (const pack_id of [DEFAULT_PACK_ID, null]) {
      expect((await visitor.post('/sessions', { pack_id, tier: 'public' })).status).toBe(201)
    }
  })

  test.for([
    ['an unknown tier', { tier: 'PUBLIC' }],
    ['a pack that is no id', { pack_id: 'default' }],
    ['no object', []],
  ])('refuses %s with 422', async ([, body], { stage }) => {
    const { visitor } = await stage.person()
    const answer = await visitor.post('/sessions', body)
    expect(answer.status).toBe(422)
    expect(answer.problem().code).toBe('request_validation_failed')
  })

  test('refuses a visitor and a foreign page before it looks at the body', async ({ stage }) => {
    const anonymous = await stage.api.visitor().post('/sessions', { tier: 'PUBLIC' })
    expect(anonymous.problem().code).toBe('authentication_required')
    const { visitor } = await stage.person()
    const origin = 'https://s-abcdefgh.medforge.localhost'
    const foreign = await visitor.post('/sessions', {}, { origin })
    expect(foreign.problem().code).toBe('origin_not_allowed')
  })
})

describe('the order of refusals', () => {
  const OTHER_PACK = '00000000-0000-0000-0000-000000000999'

  test('is private tier, pack, limit, GPU', async ({ stage, db, expectedErrors }) => {
    expectedErrors.add('request failed')
    const { visitor } = await stage.person()
    await visitor.post('/sessions', {})
    await db.updateTable('gpu_devices').set({ enabled: false }).execute()
    const ask = async (body: object) => (await visitor.post('/sessions', body)).problem()

    const tier = await ask({ tier: 'private', pack_id: OTHER_PACK })
    expect(tier).toMatchObject({ code: 'private_tier_not_implemented' })
    expect(tier.detail).toContain('private tier')
    expect(await ask({ pack_id: OTHER_PACK })).toMatchObject({ code: 'pack_not_found' })
    const limit = await ask({})
    expect(limit.code).toBe('concurrent_limit_reached')
    expect(limit.detail).toMatch(/Concurrent session limit.*\b1\b/)
    await db.updateTable('users').set({ max_concurrent_sessions: 2 }).execute()
    expect(await ask({})).toMatchObject({
      code: 'no_gpu_available',
      detail: 'No GPUs available.',
    })
  })

  test('sends an account that may hold no session to the operator, not to a session of its own', async ({
    stage,
    db,
  }) => {
    const { visitor } = await stage.person()
    await db.updateTable('users').set({ max_concurrent_sessions: 0 }).execute()
    const { code, detail } = (await visitor.post('/sessions', {})).problem()
    expect(code).toBe('concurrent_limit_reached')
    expect(detail).toMatch(/Concurrent session limit of 0 .*may hold no sessions. Ask the operator/)
    expect(detail).not.toContain('Stop')
  })

  test('puts an account that was disabled meanwhile before every limit', async ({ stage, db }) => {
    const { user } = await stage.person()
    await db
      .updateTable('users')
      .set({ disabled_at: toSqlTime(stage.api.clock.now()) })
      .where('id', '=', user.id)
      .execute()
    const request = { userId: user.id, tier: 'public' as const, packId: DEFAULT_PACK_ID }
    const allocating = allocateSession(
      db,
      { ...request, requestId: 'late' },
      {
        clock: stage.api.clock,
        limits: { startTimeoutMs: 120_000, stopTimeoutMs: 60_000 },
        workspaceRoot: 'tank/medforge/workspaces',
        launches: { perHour: 60, personQuotaGb: null, workspaceQuotaGb: null },
        assertAble: async () => ({}),
      },
    )
    await expect(allocating).rejects.toMatchObject({ key: 'authentication_required' })
    expect(await db.selectFrom('sessions').selectAll().execute()).toEqual([])
  })

  test('knows deprecated packs and packs of the other tier', async ({ stage, db }) => {
    const { visitor } = await stage.person()
    const pack = {
      id: OTHER_PACK,
      name: 'other',
      tier: 'private' as const,
      image_ref: 'packs/other',
      image_digest: `sha256:${'1'.repeat(64)}`,
      created_at: toSqlTime(new Date()),
    }
    await db.insertInto('packs').values(pack).execute()
    const mismatch = await visitor.post('/sessions', { pack_id: OTHER_PACK })
    expect(mismatch).toMatchObject({ status: 422 })
    expect(mismatch.problem().code).toBe('pack_tier_mismatch')
    await db
      .updateTable('packs')
      .set({ status: 'deprecated' })
      .where('id', '=', OTHER_PACK)
      .execute()
    const deprecated = await visitor.post('/sessions', { pack_id: OTHER_PACK })
    expect(deprecated).toMatchObject({ status: 409 })
    expect(deprecated.problem().code).toBe('pack_deprecated')
  })

  test.for([
    ['disabled by the operator', { enabled: false }],
    ['not in the host', { present: false }],
    ['failing', { health: 'failing' }],
  ] as const)('never hands out a GPU that is %s', async ([, patch], { stage, db }) => {
    await db.updateTable('gpu_devices').set(patch).where('id', '<', 6).execute()
    const { visitor } = await stage.person({ max_concurrent_sessions: 2 })
    expect(sessionOf(await visitor.post('/sessions', {})).gpu_id).toBe(6)
    expect((await visitor.post('/sessions', {})).problem().code).toBe('no_gpu_available')
  })
})

describe('a reconciler that is not able', () => {
  test.beforeEach(({ expectedErrors }) => void expectedErrors.add('request failed'))

  test.for(['stale', 'stale, the clock put back since', 'away', 'never seen'])(
    '(%s) refuses with 503 and allocates nothing',
    async (how, { stage, db }) => {
      const { visitor } = await stage.person()
      if (how === 'never seen') await db.deleteFrom('platform_state').execute()
      if (how === 'stale') stage.api.clock.advance(16_000)
      if (how.includes('put back')) stage.api.clock.advance(-3_600_000)
      if (how === 'away') {
        stage.host.set('docker', { code: 'docker_away', text: 'Docker does not answer.' })
        await writeHeartbeat(db, stage.api.clock, stage.host.report())
      }
      const answer = await visitor.post('/sessions', {})
      expect(answer.status).toBe(503)
      expect(answer.headers['retry-after']).toMatch(/^\d+$/)
      expect(answer.problem()).toMatchObject({ code: 'runtime_unavailable' })
      expect(answer.problem().detail).toMatch(/^Failed to start session runtime\. /)
      expect(await db.selectFrom('sessions').selectAll().execute()).toEqual([])
    },
  )

  test('is explained by file systems of the pool that do not answer, with which it can report nothing', async ({
    stage,
    open,
  }) => {
    const api = await open({ poolFiles: 'silent' })
    const { user } = await stage.person()
    const visitor = api.visitor()
    await visitor.logIn(user.email)
    api.clock.advance(16_000)
    const silent = 'The file systems of the pool do not answer.'
    expect((await visitor.post('/sessions', {})).problem().detail).toBe(
      `Failed to start session runtime. ${silent} Nothing was reserved; try again in a minute.`,
    )
    const health = await visitor.get('!/healthz')
    expect(JSON.parse(health.text).data.reasons).toEqual([
      silent,
      'The reconciler does not answer.',
    ])
  })
})

describe('a launch that fails', () => {
  test.beforeEach(({ expectedErrors }) => void expectedErrors.add('request failed'))

  test('answers why, frees GPU and slot, removes the container and keeps the dataset', async ({
    stage,
  }) => {
    const { visitor } = await stage.person()
    stage.runtime.refuseNextStart(
      new HostRefusedError('image_missing', 'The image of the pack is not on this host.'),
    )
    const answer = await visitor.post('/sessions', {})
    expect(answer.status).toBe(500)
    expect(answer.problem()).toMatchObject({
      code: 'session_start_failed',
      detail: 'Failed to start session runtime. The image of the pack is not on this host.',
    })
    const [session] = (await visitor.get('/sessions')).data<SessionView[]>()
    expect(session).toMatchObject({
      status: 'error',
      gpu_id: null,
      container_id: null,
      last_snapshot: null,
      error_message: 'The image of the pack is not on this host.',
    })
    expect(stage.runtime.containers.size).toBe(0)
    expect(stage.workspaces.datasets.has(session?.workspace_zfs ?? '')).toBe(true)
    expect((await visitor.post('/sessions', {})).status).toBe(201)
  })

  test('fails when the IDE never answers, once the deadline is over', async ({ stage }) => {
    stage.ide.isReady = false
    const { visitor } = await stage.person()
    const answering = visitor.post('/sessions', {})
    await eventually(() => stage.runtime.containers.size === 1)
    stage.api.clock.advance(120_000)
    const answer = await answering
    expect(answer.problem()).toMatchObject({
      code: 'session_start_failed',
      detail: expect.stringContaining('The IDE did not answer in time.'),
    })
    expect(stage.runtime.containers.size).toBe(0)
  })

  test('fails at once when the container ends during the start', async ({ stage }) => {
    stage.ide.isReady = false
    const { visitor } = await stage.person()
    const answering = visitor.post('/sessions', {})
    await eventually(() => stage.runtime.containers.size === 1)
    const [session] = (await visitor.get('/sessions')).data<SessionView[]>()
    stage.runtime.end(session?.slug ?? '', { exitCode: 3 })
    const answer = await answering
    expect(answer.problem().detail).toContain('exit code 3')
    const row = await stage.row(session?.id ?? '')
    expect(row.last_snapshot_name).toMatch(/@death-\d{13}$/)
  })

  test('takes no container that carries another session’s mark', async ({ stage, db }) => {
    const { visitor } = await stage.person()
    stage.runtime.setAway(true)
    const answering = visitor.post('/sessions', {})
    const slug = await eventually(async () => {
      const row = await db.selectFrom('sessions').select('slug').executeTakeFirst()
      return row?.slug ?? false
    })
    stage.runtime.occupy(slug)
    stage.runtime.setAway(false)
    expect((await answering).problem().detail).toContain('name')
    expect(stage.runtime.containers.has(`mf-session-${slug}`)).toBe(true)
  })

  test('is not failed by Docker going away for a while', async ({ stage }) => {
    const { visitor } = await stage.person()
    stage.runtime.setAway(true)
    const answering = visitor.post('/sessions', {})
    await eventually(() => stage.runtime.calls.length > 0)
    stage.runtime.setAway(false)
    expect((await answering).status).toBe(201)
  })

  test('is not started while the firewall is missing', async ({ stage }) => {
    const { visitor } = await stage.person()
    stage.host.set('firewall', { code: 'firewall_missing', text: 'The firewall is missing.' })
    const answering = visitor.post('/sessions', {})
    await eventually(() => stage.runtime.calls.includes('observe'))
    expect(stage.runtime.calls).not.toContain('start')
    stage.host.set('firewall', null)
    expect((await answering).status).toBe(201)
  })
})

describe('many at once', () => {
  test('twenty people and seven GPUs make seven sessions on seven GPUs, and thirteen refusals', async ({
    stage,
    db,
  }) => {
    const people = await Promise.all(Array.from({ length: 20 }, () => stage.person()))
    const answers = await Promise.all(people.map(({ visitor }) => visitor.post('/sessions', {})))
    const won = answers.filter(({ status }) => status === 201)
    const refused = answers.filter(({ status }) => status !== 201)
    expect(won).toHaveLength(7)
    expect(new Set(won.map((answer) => sessionOf(answer).gpu_id)).size).toBe(7)
    expect(refused.map((answer) => answer.problem().code)).toEqual(
      Array.from({ length: 13 }, () => 'no_gpu_available'),
    )
    const rows = await db
      .selectFrom('sessions')
      .select('gpu_id')
      .where('gpu_active', '=', 1)
      .execute()
    expect(rows).toHaveLength(7)
  })

  test('one person who asks ten times at once gets one session', async ({ stage }) => {
    const { visitor } = await stage.person()
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => visitor.post('/sessions', {})),
    )
    const codes = answers.map((answer) => (answer.status === 201 ? 'won' : answer.problem().code))
    expect(codes.toSorted()).toEqual([
      ...Array.from({ length: 9 }, () => 'concurrent_limit_reached'),
      'won',
    ])
  })

  test('seven people get the seven GPUs without a refusal, again and again', async ({ stage }) => {
    const people = await Promise.all(Array.from({ length: 7 }, () => stage.person()))
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all(people.map(({ visitor }) => visitor.post('/sessions', {})))
      expect(answers.map(({ status }) => status)).toEqual(people.map(() => 201))
      await Promise.all(
        people.map(({ visitor }, index) => {
          const answer = answers[index]
          return answer && visitor.post(`/sessions/${sessionOf(answer).id}/stop`)
        }),
      )
      await stage.reconciler.idle()
    }
  })
})
