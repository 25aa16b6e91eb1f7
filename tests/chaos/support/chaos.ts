import { setTimeout as delay } from 'node:timers/promises'
import type { FailpointName } from '@medforge/api/lib/failpoints.ts'
import type { Health } from '@medforge/contracts'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { inject } from 'vitest'
import { ask } from '../../support/https.ts'
import {
  docker,
  eventually,
  type Installation,
  openDatabase,
  readInstallation,
} from '../../support/installation.ts'
import { visit } from '../../support/sessions.ts'
import { type Client, newClient } from './clients.ts'
import { listSessionContainers } from './docker-api.ts'
import { readFacts } from './facts.ts'
import { createHistory, type History } from './history.ts'
import { findViolations } from './invariants.ts'
import { type ControlPlane, type ProcessName, SERVER_URL } from './processes.ts'
import { openWitness, type Witness } from './witness.ts'

/** How old what a server remembers of accesses may be. */
const ACCESS_BOUND_MS = 250

/** The platform in the cell, its processes in the hands of the test, and everything that can be known about it. */
export interface Chaos extends AsyncDisposable {
  readonly installation: Installation
  readonly db: Kysely<DB>
  readonly plane: ControlPlane
  readonly witness: Witness
  readonly history: History
  /** The pack that starts within milliseconds. `null` as a pack means the installation's own. */
  readonly tinyPack: string
  /** A new person, signed in. The server has to run. */
  client(name?: string): Promise<Client>
  /** A new person with a session that runs, or with `isAsync` is under way. */
  launched(options?: { isAsync: boolean }): Promise<{ client: Client; id: string }>
  /** Server, reconciler and worker run without failpoints, and new sessions are taken. */
  allUp(): Promise<void>
  health(): Promise<Health | undefined>
  /** Cause a fault, and wait until sessions can be had again. */
  disturb(fault: () => Promise<void>): Promise<void>
  /**
   * Let a process run into a failpoint set to `kill` by what `act` does, wait until it is back and everything rests, and check the
   * invariants. Its next start is armed with `next` where that is the same process's.
   */
  killedAt<Result>(point: KillPoint, act: () => Promise<Result>, next?: KillPoint): Promise<Result>
  /**
   * Resolves once nothing is under way any more: every session rests, Docker has exactly the containers that the rows tell of, and health
   * is good. Then every invariant has to hold.
   *
   * @throws Error with what does not rest in time, or with every violation; the history is in `.artifacts/chaos`
   */
  settle(title: string): Promise<void>
  /** The same without the wait. For moments at which something is still broken on purpose; only what holds always is checked. */
  assertInvariants(title: string): Promise<void>
  /** Stop every session that is left, as the next test wants the GPUs. */
  stopAll(): Promise<void>
}

export type KillPoint = { at: FailpointName; of: ProcessName }

/** Every disturbance is healed within this once its cause is gone. */
export const HEAL_MS = 60_000

/** Faster than the installation's own pace, which changes when a thing is noticed and never what is done about it. */
const PACE = { SESSION_POLL_INTERVAL_SECONDS: '1' }
/** Enough for the default pack to answer, and little to use up. */
const MEMORY = { SESSION_MEM_LIMIT: '512m', SESSION_SHM_SIZE: '64m' }

/** Whether every failpoint and every kind of end is tried (`./medforge test --long`), or one an action. */
export const isLong = () => inject('chaosMinutes') !== null

/** For `createControlPlane`. */
export const CHAOS_SETTINGS = { ...PACE, ...MEMORY }

/** @param processes  those of the whole run: a file takes them over from the one before */
export async function openChaos(processes: ControlPlane): Promise<Chaos> {
  const installation = readInstallation()
  const db = openDatabase(installation)
  const since = new Date()
  const tinyPack = inject('chaosPack')
  const history = createHistory()
  const witness = await openWitness()
  const plane: ControlPlane = {
    ...processes,
    async restart(name, start) {
      const before = await bootId()
      await processes.restart(name, start)
      // A reconciler that has just begun refuses launches until it has looked at its host.
      if (name === 'reconciler') await untilOther(before)
      await untilHealthy()
    },
  }
  const clients: Client[] = []

  async function health(): Promise<Health | undefined> {
    const answer = await fetch(`${SERVER_URL}/healthz`, {
      signal: AbortSignal.timeout(4_000),
    }).catch(() => undefined)
    const body = (await answer?.json().catch(() => undefined)) as
      | { data?: Health; status?: Health['status'] }
      | undefined
    return body?.data ?? (body as Health | undefined)
  }

  /** Names the reconciler whose heartbeat came last. */
  async function bootId(): Promise<string | undefined> {
    const row = await db
      .selectFrom('platform_state')
      .select('value')
      .where('name', '=', 'reconciler')
      .executeTakeFirst()
    return row ? (JSON.parse(row.value) as { boot_id: string }).boot_id : undefined
  }

  async function untilOther(before: string | undefined): Promise<void> {
    const isOther = async () => (await bootId()) !== before
    await eventually(isOther, 'the new reconciler leads', { timeoutMs: HEAL_MS, everyMs: 50 })
  }

  async function untilHealthy(): Promise<void> {
    await eventually(async () => (await health())?.status === 'ok', 'the platform is healthy', {
      timeoutMs: HEAL_MS,
      everyMs: 50,
    })
  }

  /** The edge goes on asking the machine that had the server's address before, until it looks who has it now. */
  async function untilReached(): Promise<void> {
    const isReached = () =>
      ask({ host: installation.apiHost, path: '/healthz', timeoutMs: 5_000 }).then(
        ({ status }) => status === 200,
        () => false,
      )
    await eventually(isReached, 'the edge reaches the server', { timeoutMs: HEAL_MS })
  }

  async function whatIsUnderWay(): Promise<string | undefined> {
    const [sessions, containers] = await Promise.all([
      db.selectFrom('sessions').selectAll().where('gpu_active', '=', 1).execute(),
      listSessionContainers(),
    ])
    const busy = sessions.find(
      (row) =>
        row.status === 'starting' ||
        row.status === 'stopping' ||
        (row.status === 'running' && row.failed_at !== null),
    )
    if (busy) return `session ${busy.id} is ${busy.status} (${busy.status_reason})`
    const running = sessions.filter((row) => row.status === 'running').map(({ id }) => id)
    const lost = running.find(
      (id) => !containers.some((each) => each.sessionId === id && each.state === 'running'),
    )
    if (lost) return `session ${lost} counts as running without a running container`
    const orphan = containers.find((each) => !running.includes(each.sessionId))
    if (orphan) return `container ${orphan.name} (${orphan.state}) belongs to nobody`
    const state = await health()
    if (state?.status !== 'ok') return `health is ${JSON.stringify(state)}`
    return undefined
  }

  const workspaceRoot = () => installation.settings.WORKSPACE_ZFS_ROOT || 'tank/medforge/workspaces'

  async function violations(): Promise<string[]> {
    await witness.caughtUp()
    const facts = await readFacts(db, workspaceRoot())
    const evidence = {
      facts,
      lifetimes: witness.lifetimes(),
      operations: history.operations,
      since,
    }
    return [...findViolations(evidence), ...(await openDoors())]
  }

  /** I9: nobody without a login gets into a session, and nobody at all into one that ended more than 250 ms ago. */
  async function openDoors(): Promise<string[]> {
    const rows = await db
      .selectFrom('sessions')
      .select(['slug', 'user_id', 'status'])
      .orderBy('created_at', 'desc')
      .limit(3)
      .execute()
    const found: string[] = []
    for (const { slug, user_id, status } of rows) {
      const owner = clients.find(({ person }) => person.user_id === user_id)
      const visitors = status === 'running' ? [undefined] : [undefined, owner?.person]
      for (const visitor of visitors) {
        const getsIn = async () =>
          (await visit(installation, slug, visitor).catch(() => undefined))?.status === 200
        // The reconciler or the operator may just have ended it; the server goes by that a moment later.
        const stillGetsIn = () => delay(ACCESS_BOUND_MS).then(getsIn)
        if ((await getsIn()) && (visitor === undefined || (await stillGetsIn()))) {
          found.push(
            `I9: ${visitor ? 'its owner' : 'a stranger'} gets into ${status} session ${slug}`,
          )
        }
      }
    }
    return found
  }

  function fail(title: string, problems: readonly string[]): never {
    const path = history.keep(title, { problems, lifetimes: witness.lifetimes() })
    throw new Error(`${title}:\n  ${problems.join('\n  ')}\nThe history is in ${path}.`)
  }

  async function assertInvariants(title: string): Promise<void> {
    const problems = await violations()
    if (problems.length > 0) fail(title, problems)
  }

  async function settle(title: string): Promise<void> {
    const startedMs = Date.now()
    let underWay: string | undefined
    await eventually(
      async () => {
        underWay = await whatIsUnderWay().catch((error: Error) => error.message)
        return underWay === undefined
      },
      title,
      { timeoutMs: HEAL_MS, everyMs: 100 },
    ).catch(() => fail(title, [`I10: after ${HEAL_MS} ms ${underWay}`]))
    history.note(`${title}: at rest after ${Date.now() - startedMs} ms`)
    await assertInvariants(title)
  }

  async function killedAt<Result>(
    { at, of }: KillPoint,
    act: () => Promise<Result>,
    next?: KillPoint,
  ): Promise<Result> {
    const armed = (point: KillPoint) => `${point.at}=kill`
    if (plane.failpointsOf(of) !== armed({ at, of })) {
      await plane.restart(of, { failpoints: armed({ at, of }) })
    }
    const before = await bootId()
    plane.arm(of, next?.of === of ? armed(next) : '')
    const death = plane.death(of)
    const acted = act()
    await death
    history.note(`the ${of} died at ${at}`)
    await plane.ready(of)
    if (of === 'reconciler') await untilOther(before)
    const result = await acted
    await settle(`killed at ${at}`)
    return result
  }

  async function client(name = 'chaos'): Promise<Client> {
    const newcomer = await newClient({ installation, history, packId: tinyPack }, name)
    clients.push(newcomer)
    return newcomer
  }

  return {
    client,
    async launched(options = { isAsync: false }) {
      const owner = await client()
      const { outcome, subject, code } = await owner.create(options)
      if (outcome === 'ok' && subject !== null) return { client: owner, id: subject }
      throw new Error(`The launch was answered ${outcome} (${code}).`)
    },
    ...{ installation, db, plane, witness, history, tinyPack, health, assertInvariants },
    async allUp() {
      const names = ['server', 'reconciler', 'worker'] as const
      const before = await bootId()
      const started = await Promise.all(names.map((name) => processes.plain(name)))
      if (started[names.indexOf('reconciler')]) await untilOther(before)
      await untilHealthy()
      await untilReached()
    },
    async disturb(fault) {
      const [before, pid] = [await bootId(), plane.pid('reconciler')]
      await fault()
      await Promise.all([plane.ready('server'), plane.ready('reconciler')])
      if (plane.pid('reconciler') !== pid) await untilOther(before)
      await untilHealthy()
    },
    settle,
    killedAt,
    async stopAll() {
      const active = await db
        .selectFrom('sessions')
        .select(['id', 'user_id'])
        .where('status', 'in', ['starting', 'running'])
        .execute()
      await Promise.all(
        active.map(({ id, user_id }) =>
          clients.find(({ person }) => person.user_id === user_id)?.stop(id),
        ),
      )
    },
    async [Symbol.asyncDispose]() {
      for (const name of (await docker('ps', '-aq', '--filter', 'label=medforge.managed')).split(
        '\n',
      )) {
        if (name) await docker('rm', '-f', name)
      }
      await witness[Symbol.asyncDispose]()
      await db.destroy()
    },
  }
}

/** Numbers below `end` from a seed, for choices that have to be the same again (mulberry32). */
export function createChooser(seed: number): (end: number) => number {
  let state = seed >>> 0
  return (end) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end
  }
}
