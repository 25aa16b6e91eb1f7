import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocker } from '@medforge/api/reconciler/docker/client.ts'
import { createDockerRuntime } from '@medforge/api/reconciler/runtime/docker.ts'
import { test as base, describe, expect } from 'vitest'

/* What Docker answers when it is not well (F11): answers that a real daemon cannot be made to give at will. */

type Answer = { status: number; body?: unknown } | 'nonsense' | 'hang up'
type Asked = { call: string; answers: Answer[] }

const ID = 'c'.repeat(64)
const spec = {
  sessionId: randomUUID(),
  userId: randomUUID(),
  slug: 'abcdefgh',
  tier: 'public',
  image: `tiny@sha256:${'0'.repeat(64)}`,
  gpu: { id: 3, uuid: null },
  workspacePath: '/tank/none',
  limits: {},
} as const
const MIB = 1024 ** 2
const IMAGE = `GET /images/${spec.image}/json`
const NAME = `/containers/mf-session-${spec.slug}/json`
const OURS = containerOf({ 'medforge.managed': '1', 'medforge.session': spec.sessionId })
const FOREIGN = containerOf({ 'medforge.managed': '1', 'medforge.session': randomUUID() })
const signal = AbortSignal.timeout(60_000)

function containerOf(Labels: Record<string, string>) {
  const State = { Status: 'running', ExitCode: 0, OOMKilled: false }
  return { status: 200, body: { Id: ID, Config: { Labels }, State } }
}

function give(answer: Answer, response: ServerResponse): void {
  if (answer === 'hang up') return void response.destroy()
  response.setHeader('content-type', 'application/json')
  if (answer === 'nonsense') return void response.end('{"Id": <html>')
  response.statusCode = answer.status
  response.end(JSON.stringify(answer.body ?? { message: `status ${answer.status}` }))
}

/** A daemon that says of each call what it is told to; the last answer for a call is given again and again. */
const test = base.extend('daemon', async ({ task: _ }, { onCleanup }) => {
  const folder = mkdtempSync(join(tmpdir(), 'medforge-docker-'))
  const socket = join(folder, 'docker.sock')
  const script = new Map<string, Answer[]>([
    [IMAGE, [{ status: 200, body: { Config: { Cmd: ['/bin/node'] } } }]],
  ])
  const calls: string[] = []
  const server = createServer((request: IncomingMessage, response) => {
    const path = (request.url ?? '').replace(/^\/v[\d.]+/, '').replace(/\?.*/, '')
    const call = `${request.method} ${path}`
    calls.push(call)
    const answers = script.get(call) ?? []
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    request.resume()
    request.on('end', () => give(answer ?? { status: 500 }, response))
  })
  server.listen(socket)
  await once(server, 'listening')
  onCleanup(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
    rmSync(folder, { recursive: true })
  })
  return {
    calls,
    answers: (...asked: Asked[]) => {
      for (const { call, answers } of asked) script.set(call, answers)
    },
    runtime: createDockerRuntime({
      docker: createDocker(socket),
      network: 'sessions',
      gpuMode: 'simulated',
      limits: { cpus: 1, memoryBytes: 256 * MIB, shmBytes: 64 * MIB, pids: 128 },
    }),
  }
})

const asked = (call: string, ...answers: Answer[]): Asked => ({ call, answers })
const CREATE = 'POST /containers/create'
const START = `POST /containers/${ID}/start`

describe('a container', () => {
  test.for<[string, Answer]>([
    ['an error', { status: 500 }],
    ['a body that is no JSON', 'nonsense'],
    ['JSON of another shape', { status: 200, body: {} }],
    ['a connection that ends', 'hang up'],
  ])('is unknown, and never absent, after %s', async ([, answer], { daemon }) => {
    daemon.answers(asked(`GET ${NAME}`, answer), asked('GET /containers/json', answer))
    expect(await daemon.runtime.observe(spec, signal)).toMatchObject({ kind: 'unknown' })
    await expect(daemon.runtime.list(signal)).rejects.toThrow()
  })

  test('is absent when Docker says that there is none', async ({ daemon }) => {
    daemon.answers(asked(`GET ${NAME}`, { status: 404 }))
    expect(await daemon.runtime.observe(spec, signal)).toEqual({ kind: 'absent' })
  })
})

describe('a start', () => {
  test.for<[string, Answer, string]>([
    ['no such image', { status: 404, body: { message: 'No such image: tiny' } }, 'image_missing'],
    [
      'no such network',
      { status: 404, body: { message: 'network sessions not found' } },
      'network_missing',
    ],
    ['an error', { status: 500 }, 'container_refused'],
  ])('that is answered with %s is refused by name', async ([, answer, code], { daemon }) => {
    daemon.answers(asked(CREATE, answer))
    await expect(daemon.runtime.start(spec, signal)).rejects.toMatchObject({ code })
    expect(daemon.calls).toEqual([IMAGE, CREATE])
  })

  test.for<[string, Answer]>([
    ['nonsense', 'nonsense'],
    ['nothing', 'hang up'],
  ])(
    'that is answered with %s is tried again later, because nobody knows what became of it',
    async ([, answer], { daemon }) => {
      daemon.answers(asked(CREATE, answer))
      await expect(daemon.runtime.start(spec, signal)).rejects.toMatchObject({
        name: 'HostAwayError',
      })
    },
  )

  test('takes over the container that an earlier call made, whose answer was lost', async ({
    daemon,
  }) => {
    daemon.answers(
      asked(CREATE, { status: 409 }),
      // Its name is taken a moment before it can be seen.
      asked(`GET ${NAME}`, { status: 404 }, OURS),
      asked(START, { status: 304 }),
    )
    expect(await daemon.runtime.start(spec, signal)).toBe(ID)
    expect(daemon.calls.at(-1)).toBe(START)
  })

  test('leaves a container of somebody else alone', async ({ daemon }) => {
    daemon.answers(asked(CREATE, { status: 409 }), asked(`GET ${NAME}`, FOREIGN))
    await expect(daemon.runtime.start(spec, signal)).rejects.toMatchObject({ code: 'name_taken' })
    expect(daemon.calls).toEqual([IMAGE, CREATE, `GET ${NAME}`])
  })
})

describe('a removal', () => {
  const STOP = `POST /containers/${ID}/stop`
  const REMOVE = `DELETE /containers/${ID}`
  const INSPECT = `GET /containers/${ID}/json`

  test('is done once the container is seen gone, whatever was answered before', async ({
    daemon,
  }) => {
    daemon.answers(
      asked(STOP, { status: 500 }),
      asked(REMOVE, { status: 409, body: { message: 'removal is already in progress' } }),
      asked(INSPECT, OURS, { status: 404 }),
    )
    await daemon.runtime.remove(ID, signal)
    expect(daemon.calls.filter((call) => call === INSPECT)).toHaveLength(2)
  })

  test.for<[string, Answer]>([
    ['an error', { status: 500 }],
    ['nothing', 'hang up'],
  ])('is not done while the container cannot be seen: %s', async ([, answer], { daemon }) => {
    daemon.answers(
      asked(STOP, { status: 204 }),
      asked(REMOVE, { status: 204 }),
      asked(INSPECT, answer),
    )
    await expect(daemon.runtime.remove(ID, signal)).rejects.toMatchObject({
      name: 'HostAwayError',
    })
  })
})
