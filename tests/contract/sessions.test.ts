import { randomUUID } from 'node:crypto'
import {
  CreateSessionResult,
  CurrentSession,
  DEFAULT_PACK_ID,
  Me,
  Message,
  PlatformStatus,
  Session,
  type SessionEvent,
} from '@medforge/contracts'
import { Type } from 'typebox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectData, expectProblem } from '../support/expectations.ts'
import {
  docker,
  eventually,
  inContainer,
  readInstallation,
  runOnHost,
} from '../support/installation.ts'
import { callApi, type Person, signUp } from '../support/person.ts'
import { launch, stop, visit } from '../support/sessions.ts'
import { listSnapshots, readSnapshot } from '../support/snapshots.ts'

const installation = readInstallation()

describe('a session from launch to stop', () => {
  let owner: Person
  let session: Session

  beforeAll(async () => {
    owner = await signUp(installation, 'owner')
    session = await launch(owner)
  })

  afterAll(async () => {
    if (session) await owner.api('POST', `/sessions/${session.id}/stop`)
  })

  test('runs once the IDE answers, on a GPU and a workspace of its own', async () => {
    const zfs = `${installation.settings.WORKSPACE_ZFS_ROOT}/${owner.user_id}/${session.id}`
    expect(session).toMatchObject({
      user_id: owner.user_id,
      tier: 'public',
      pack_id: DEFAULT_PACK_ID,
      status: 'running',
      workspace_zfs: zfs,
      url: `https://${installation.sessionHost(session.slug)}/?folder=/workspace`,
      error_message: null,
      stopped_at: null,
      last_snapshot: null,
    })
    expect(session.gpu_id).toBeTypeOf('number')
    expect((await runOnHost('zfs', 'list', '-H', '-o', 'name', zfs)).trim()).toBe(zfs)
    const page = await visit(installation, session.slug, owner, '/healthz')
    expect(page.status).toBe(200)
  })

  test('is the current session of its owner and of nobody else', async () => {
    const current = async (person: Person) =>
      expectData(await person.api('GET', '/sessions/current'), 200, CurrentSession).session
    expect(await current(owner)).toEqual(session)
    expect(await current(await signUp(installation))).toBeNull()
    expect(expectData(await owner.api('GET', '/me'), 200, Me).active_sessions).toBe(1)
  })

  test('is in its owner’s history', async () => {
    const history = expectData(await owner.api('GET', '/sessions'), 200, Type.Array(Session))
    expect(history).toEqual([session])
  })

  test('is counted by the public status', async () => {
    const status = expectData(await callApi(installation, 'GET', '/status'), 200, PlatformStatus)
    expect(status.active_sessions).toBeGreaterThanOrEqual(1)
    expect(status.gpus.free).toBe(status.gpus.total - status.active_sessions)
  })

  test('uses up its owner’s limit', async () => {
    const problem = expectProblem(
      await owner.api('POST', '/sessions', { json: {} }),
      'concurrent_limit_reached',
    )
    expect(problem.detail).toMatch(/Concurrent session limit.*\b1\b/)
  })

  test('can be read and stopped by its owner only', async () => {
    const stranger = await signUp(installation)
    const path = `/sessions/${session.id}`
    for (const [method, suffix] of [
      ['GET', ''],
      ['GET', '/events'],
      ['POST', '/stop'],
    ] as const) {
      const denied = await stranger.api(method, path + suffix)
      expect(expectProblem(denied, 'session_access_denied').detail).toBe('Session access denied.')
      const missing = await owner.api(method, `/sessions/${randomUUID()}${suffix}`)
      expect(expectProblem(missing, 'session_not_found').detail).toBe('Session not found.')
      const nobody = await callApi(installation, method, path + suffix)
      expectProblem(nobody, 'authentication_required')
    }
  })

  test('holds the host at arm’s length', async () => {
    const [container] = JSON.parse(
      await docker('inspect', `mf-session-${session.slug}`),
    ) as Inspected[]
    if (!container) throw new Error('The container is gone.')
    const { HostConfig: host, Config: config, NetworkSettings: network } = container
    expect(container.Id).toBe(session.container_id)
    expect(config.Image).toBe(installation.settings.PACK_IMAGE)
    expect(config.Image).toMatch(/@sha256:[0-9a-f]{64}$/)
    expect(config.User).toBe('1000:1000')
    expect(config.Labels).toMatchObject({
      'medforge.session': session.id,
      'medforge.user': owner.user_id,
    })
    expect(host).toMatchObject({
      Privileged: false,
      CapDrop: ['ALL'],
      PidMode: '',
      IpcMode: 'private',
      UTSMode: '',
      UsernsMode: '',
      ReadonlyRootfs: true,
      NetworkMode: installation.settings.PUBLIC_SESSIONS_NETWORK,
    })
    expect(host.CapAdd ?? []).toEqual([])
    expect(host.Devices ?? []).toEqual([])
    expect(host.SecurityOpt).toEqual([
      expect.stringMatching(/^no-new-privileges/),
      expect.stringMatching(/^seccomp=\{/),
    ])
    expect(['', 'no']).toContain(host.RestartPolicy.Name)
    expect(host.PortBindings ?? {}).toEqual({})
    expect(host.PidsLimit).toBeGreaterThan(0)
    expect(host.Memory).toBeGreaterThan(0)
    expect(host.MemorySwap).toBe(host.Memory)
    expect(host.NanoCpus || host.CpuQuota).toBeGreaterThan(0)
    expect(host.ShmSize).toBeGreaterThan(64 * 1024 * 1024)
    expect(host.LogConfig.Config).toHaveProperty('max-size')
    expect(Object.keys(network.Networks)).toEqual([installation.settings.PUBLIC_SESSIONS_NETWORK])
    const mounts = container.Mounts.map(({ Type: type, Source, Destination }) => ({
      type,
      Source,
      Destination,
    }))
    expect(mounts).toEqual([
      { type: 'bind', Source: `/${session.workspace_zfs}`, Destination: '/workspace' },
    ])
    const status = await inContainer(`mf-session-${session.slug}`, 'cat', '/proc/1/status')
    expect(status).toMatch(/^CapBnd:\s+0{16}$/m)
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
    expect(status).toMatch(/^Seccomp:\s+2$/m)
  })

  test('has an init process that holds nothing of Docker and reaps what is left to it', async () => {
    const container = `mf-session-${session.slug}`
    const outputs = await inContainer(container, 'readlink', '/proc/1/fd/1', '/proc/1/fd/2')
    expect(outputs.trim().split('\n')).toEqual(['/dev/null', '/dev/null'])
    // The virtual environment is made beside the IDE's start, by a process that ends long before it.
    await eventually(
      async () =>
        (await inContainer(container, 'sh', '-c', 'ls .venv/bin || true')).includes('pip3'),
      'the virtual environment is there',
    )
    const orphan =
      'sh -c "true & exit"; for status in /proc/[0-9]*/status; do cat "$status"; done; true'
    await eventually(
      async () => !/^State:\s+Z/m.test(await inContainer(container, 'sh', '-c', orphan)),
      'no process is a zombie',
      { timeoutMs: 5_000 },
    )
  })

  test.for([
    ['sh', '-lc'],
    ['bash', '-lc'],
    ['bash', '-c'],
  ])('greets nobody in %s %s', async ([shell = '', option = '']) => {
    expect(await inContainer(`mf-session-${session.slug}`, shell, option, 'true')).toBe('')
  })

  test('is told who it is, and no secret', async () => {
    const text = await inContainer(`mf-session-${session.slug}`, 'env')
    const environment = Object.fromEntries(text.split('\n').map((line) => line.split(/=(.*)/s)))
    expect(environment).toMatchObject({
      MEDFORGE_SESSION_ID: session.id,
      MEDFORGE_USER_ID: owner.user_id,
      MEDFORGE_TIER: 'PUBLIC',
      MEDFORGE_GPU_ID: String(session.gpu_id),
      CUDA_VISIBLE_DEVICES: '0',
    })
    for (const [name, value] of Object.entries(installation.settings)) {
      if (/SECRET|PASSWORD|DATABASE_URL/.test(name)) expect(text, name).not.toContain(value)
    }
  })

  test('keeps what was written when it is stopped, in a snapshot that the row names', async () => {
    const container = `mf-session-${session.slug}`
    await inContainer(container, 'sh', '-c', 'echo kept > /workspace/result.txt')
    const answer = await owner.api('POST', `/sessions/${session.id}/stop`)
    expect(expectData(answer, 202, Message)).toEqual({ message: 'Session stop requested.' })
    const stopped = await stop(owner, session)
    expect(stopped).toMatchObject({ status: 'stopped', container_id: null, gpu_id: null })
    expect(stopped.stopped_at).not.toBeNull()
    const name = stopped.last_snapshot?.name.replace(/^.*@/, '')
    expect(name).toMatch(/^stop-\d{13}$/)
    const snapshot = `${session.workspace_zfs}@${name}`
    expect(await listSnapshots(session.workspace_zfs)).toEqual([snapshot])
    expect(await readSnapshot(snapshot)).toMatchObject({ 'result.txt': 'kept\n' })
    expect(await docker('ps', '-aq', '--filter', `name=${container}`)).toBe('')
    const mount = ['get', '-H', '-o', 'value', 'mounted', session.workspace_zfs]
    const isUnmounted = async () => (await runOnHost('zfs', ...mount)).trim() === 'no'
    await eventually(isUnmounted, 'the workspace is mounted no longer')
  })

  test('answers a stop that comes too late with a success', async () => {
    const answer = await owner.api('POST', `/sessions/${session.id}/stop`)
    expect(expectData(answer, 202, Message)).toEqual({ message: 'Session already terminal.' })
  })

  test('tells its whole story as server-sent events, and can resume', async () => {
    const read = async (headers: Record<string, string>) => {
      const answer = await owner.api('GET', `/sessions/${session.id}/events`, { headers })
      expect(answer.status).toBe(200)
      expect(answer.headers['content-type']).toMatch(/^text\/event-stream/)
      return answer.text.split('\n').flatMap((line) => {
        return line.startsWith('data:') ? [JSON.parse(line.slice(5)) as SessionEvent] : []
      })
    }
    const events = await read({})
    const story = events.map(({ to_status, step }) => to_status ?? step)
    expect(story.filter(Boolean)).toEqual([
      'starting',
      'allocated',
      'workspace',
      'container',
      'ready',
      'running',
      'stopping',
      'container_removed',
      'snapshot',
      'stopped',
    ])
    const middle = events[4]
    if (!middle) throw new Error('There are too few events.')
    expect(await read({ 'last-event-id': middle.id })).toEqual(events.slice(5))
  })

  test('frees the limit for the next one', async () => {
    const current = await owner.api('GET', '/sessions/current')
    expect(expectData(current, 200, CurrentSession).session).toBeNull()
    expect(expectData(await owner.api('GET', '/me'), 200, Me).active_sessions).toBe(0)
  })
})

describe('POST /sessions', () => {
  test('answers at once where the caller prefers that', async () => {
    const person = await signUp(installation)
    const answer = await person.api('POST', '/sessions', {
      json: {},
      headers: { prefer: 'respond-async' },
    })
    const { session } = expectData(answer, 201, CreateSessionResult)
    expect(session.status).toBe('starting')
    const stopped = await stop(person, session)
    expect(stopped.gpu_id).toBeNull()
  })

  test('refuses the private tier, an unknown pack, and a tier that is none', async () => {
    const person = await signUp(installation)
    const post = (json: unknown) => person.api('POST', '/sessions', { json })
    const problem = expectProblem(await post({ tier: 'private' }), 'private_tier_not_implemented')
    expect(problem.detail.toLowerCase()).toContain('private tier')
    expectProblem(await post({ pack_id: randomUUID() }), 'pack_not_found')
    expectProblem(await post({ tier: 'PUBLIC' }), 'request_validation_failed')
    const current = await person.api('GET', '/sessions/current')
    expect(expectData(current, 200, CurrentSession).session).toBeNull()
  })

  test('refuses whoever is not signed in', async () => {
    expectProblem(
      await callApi(installation, 'POST', '/sessions', { json: {} }),
      'authentication_required',
    )
  })
})

type Inspected = {
  Id: string
  Config: { Image: string; User: string; Labels: Record<string, string> }
  HostConfig: Record<string, unknown> & {
    CapAdd: string[] | null
    Devices: unknown[] | null
    SecurityOpt: string[]
    RestartPolicy: { Name: string }
    PortBindings: Record<string, unknown> | null
    PidsLimit: number
    Memory: number
    MemorySwap: number
    NanoCpus: number
    CpuQuota: number
    ShmSize: number
    LogConfig: { Config: Record<string, string> }
  }
  Mounts: { Type: string; Source: string; Destination: string }[]
  NetworkSettings: { Networks: Record<string, unknown> }
}
