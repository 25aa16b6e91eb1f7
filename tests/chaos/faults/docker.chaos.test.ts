import { randomUUID } from 'node:crypto'
import { toSqlTime } from '@medforge/db'
import { afterAll, afterEach, describe, expect } from 'vitest'
import { docker, eventually, runOnHost } from '../../support/installation.ts'
import { visit } from '../../support/sessions.ts'
import { type Handshake, openWebsocket } from '../../support/websocket.ts'
import { type Chaos, HEAL_MS, isLong, openChaos } from '../support/chaos.ts'
import type { Client } from '../support/clients.ts'
import { processesOf, signalAll, startDocker, untilGone } from '../support/daemons.ts'
import { SERVER_URL } from '../support/processes.ts'
import { withoutSessionsNetwork } from '../support/sessions-network.ts'
import { test } from '../support/test.ts'

/* What happens when Docker and what belongs to it fails: F9, F10, F14, F15, F16; and F26. */

let chaos: Chaos

test.beforeAll(async ({ plane }) => {
  chaos = await openChaos(plane)
  await chaos.allUp()
})
afterAll(() => chaos?.[Symbol.asyncDispose]())
afterEach(async () => {
  await chaos.stopAll()
  await chaos.settle('after a test of Docker')
})

const reasonsOf = async () => {
  const state = await chaos.health()
  return state?.reasons ?? []
}

const becomesDegraded = (words: string) =>
  eventually(
    async () => (await reasonsOf()).some((reason) => reason.includes(words)),
    `health says: ${words}`,
    { timeoutMs: HEAL_MS },
  )

const rowOf = (id: string) =>
  chaos.db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

async function untilClosed(open: Handshake): Promise<void> {
  if (!open.socket) throw new Error(`The handshake was answered with ${open.status}.`)
  await open.closed
}

async function sessionsOnDefaultNetwork(): Promise<string> {
  const filters = ['network=bridge', 'label=medforge.managed'].flatMap((f) => ['--filter', f])
  return (await docker('ps', '-aq', ...filters)).trim()
}

const ENDS: NodeJS.Signals[] = isLong() ? ['SIGTERM', 'SIGKILL'] : ['SIGTERM']

describe('a Docker server that', () => {
  test.each(ENDS)(
    'ends by %s and comes back leaves sessions that say why they ended, and takes new ones',
    async (signal) => {
      const sessions = await Promise.all([chaos.launched(), chaos.launched()])
      signalAll(signal, 'dockerd')
      await untilGone('dockerd')
      await startDocker()
      await chaos.settle(`dockerd ended by ${signal}`)
      for (const { id } of sessions) {
        const row = await rowOf(id)
        expect(row).toMatchObject({ status: 'error', gpu_active: null, container_id: null })
        expect(row.error_message).toMatch(/files are kept/i)
        expect(row.last_snapshot_name).toContain('@death-')
      }
      await chaos.launched()
    },
  )

  test('hangs frees no GPU, holds up nothing else, and is waited for', async () => {
    const { client, id } = await chaos.launched()
    signalAll('SIGSTOP', 'dockerd')
    try {
      expect((await client.stop(id)).status).toBe(202)
      await becomesDegraded('Docker does not answer')
      for (const path of ['/me', '/sessions', '/competitions']) {
        expect((await client.person.api('GET', path)).status).toBe(200)
      }
      const refused = await (await chaos.client()).create()
      expect(refused).toMatchObject({ outcome: 'refused', code: 'runtime_unavailable' })
      const row = await rowOf(id)
      expect(row).toMatchObject({ status: 'stopping', gpu_active: 1 })
    } finally {
      signalAll('SIGCONT', 'dockerd')
    }
    await chaos.settle('dockerd hung')
    expect((await rowOf(id)).status).toBe('stopped')
    expect(processesOf('dockerd')).toHaveLength(1)
  })
})

describe('an edge that is started anew', () => {
  test('lets no stranger in meanwhile, and its owner in again afterwards, by a new websocket too', async () => {
    const { client, id } = await chaos.launched()
    const slug = (await rowOf(id)).slug
    const stranger = await chaos.client()
    const host = chaos.installation.sessionHost(slug)
    const connect = (cookie: string) => openWebsocket(host, '/', { cookie })
    const open = await connect(client.person.cookie)
    const statuses = new Set<number | undefined>()
    let isOver = false
    async function knock(who: Client['person'] | undefined): Promise<void> {
      while (!isOver) {
        const answer = await visit(chaos.installation, slug, who).catch(() => undefined)
        statuses.add(answer?.status)
      }
    }
    const bothRefused = () =>
      eventually(async () => statuses.has(401) && statuses.has(403), 'strangers are refused')
    const knocking = [undefined, undefined, stranger.person, stranger.person].map(knock)
    await bothRefused()
    await docker('restart', '--time', '1', 'medforge-caddy')
    await untilClosed(open)
    await eventually(
      async () =>
        (await visit(chaos.installation, slug, client.person).catch(() => undefined))?.status ===
        200,
      'its owner gets in again',
      { timeoutMs: 60_000 },
    )
    // No answer, who are you, not yours, or not there yet.
    const known = [undefined, 401, 403, 502, 503, 504]
    expect([...statuses].filter((status) => !known.includes(status))).toEqual([])
    statuses.clear()
    await bothRefused()
    isOver = true
    await Promise.all(knocking)
    expect([...statuses].filter((status) => !known.includes(status))).toEqual([])
    expect((await connect(stranger.person.cookie)).status).toBe(403)
    const again = await connect(client.person.cookie)
    expect(again.status).toBe(101)
    again.socket?.destroy()
  })
})

describe('what a start needs', () => {
  test('an image that is not here fails the launch at once and in plain words, and frees its GPU', async () => {
    const id = randomUUID()
    const digest = `sha256:${'0'.repeat(64)}`
    await chaos.db
      .insertInto('packs')
      .values({
        ...{ id, tier: 'public', name: `missing-${id.slice(0, 8)}` },
        ...{ image_ref: 'nowhere/pack', image_digest: digest, created_at: toSqlTime(new Date()) },
      })
      .execute()
    const client = await chaos.client()
    expect(await client.create({ packId: id })).toMatchObject({
      outcome: 'refused',
      code: 'session_start_failed',
    })
    const row = await chaos.db
      .selectFrom('sessions')
      .selectAll()
      .where('user_id', '=', client.person.user_id)
      .executeTakeFirstOrThrow()
    expect(row).toMatchObject({ status: 'error', gpu_active: null })
    expect(row.error_message).toContain('image of the pack is not on this host')
  })

  test('an edge whose address a stranger took closes starts, and no container goes elsewhere', async () => {
    const { person } = await chaos.client()
    await docker('stop', '--time', '1', 'medforge-caddy')
    const stranger = `stranger-${randomUUID().slice(0, 8)}`
    const image = (await docker('inspect', '--format', '{{.Config.Image}}', 'medforge-db')).trim()
    const place = ['--network', 'medforge-public-sessions', '--ip', '172.30.0.2']
    const sleep = ['--entrypoint', 'sleep', image, '600']
    await docker('run', '--detach', '--name', stranger, ...place, ...sleep)
    try {
      await becomesDegraded("taken the edge's address")
      // The edge is away, so the server is asked itself.
      const refused = await fetch(`${SERVER_URL}/api/v1/sessions`, {
        method: 'POST',
        headers: { cookie: person.cookie, 'content-type': 'application/json' },
        body: '{}',
      })
      expect(refused.status).toBe(503)
      expect(await refused.json()).toMatchObject({ code: 'runtime_unavailable' })
    } finally {
      await docker('rm', '--force', stranger)
      await docker('start', 'medforge-caddy')
    }
    await eventually(async () => (await chaos.health())?.status === 'ok', 'health is good again', {
      timeoutMs: 60_000,
    })
    expect(await sessionsOnDefaultNetwork()).toBe('')
  })

  test('a network that is gone closes starts, no container goes to another one, and all is well once it is back', async () => {
    await withoutSessionsNetwork(async () => {
      await becomesDegraded('sessions network is missing')
      const refused = await (await chaos.client()).create()
      expect(refused).toMatchObject({ outcome: 'refused', code: 'runtime_unavailable' })
    })
    await chaos.settle('the sessions network was gone')
    expect(await sessionsOnDefaultNetwork()).toBe('')
    const { client, id } = await chaos.launched()
    const { slug } = await rowOf(id)
    expect((await visit(chaos.installation, slug, client.person)).status).toBe(200)
  })

  test('rules that were flushed are back within a minute, by themselves', async () => {
    await runOnHost('iptables', '--wait', '10', '-F', 'DOCKER-USER')
    await eventually(
      async () => {
        const rules = await runOnHost('iptables', '--wait', '10', '-S')
        return (
          rules.includes('-A DOCKER-USER -j MEDFORGE-FORWARD') &&
          rules.includes('-A MEDFORGE-FORWARD -o mf-sessions -j DROP')
        )
      },
      'the rules are back',
      { timeoutMs: 60_000 },
    )
    await chaos.settle('after the rules were flushed')
    await chaos.launched()
  })

  test('a kernel that passes the rules by closes starts within a minute and says what to do', async () => {
    const { client, id } = await chaos.launched()
    const set = (value: 0 | 1) =>
      runOnHost('sysctl', '-qw', `net.bridge.bridge-nf-call-iptables=${value}`)
    await set(0)
    try {
      await becomesDegraded('firewall')
      expect(await (await chaos.client()).create()).toMatchObject({ code: 'runtime_unavailable' })
      expect((await client.stop(id)).status).toBe(202)
    } finally {
      await set(1)
    }
    await chaos.settle('after the kernel passed the rules by')
  })
})
