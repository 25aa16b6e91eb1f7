import { DomainError } from '@medforge/api/http/domain-error.ts'
import { createFakeRuntime, type FakeRuntime } from '@medforge/api/reconciler/runtime/fake.ts'
import {
  createFakeWorkspaces,
  type FakeWorkspaces,
} from '@medforge/api/reconciler/workspace/fake.ts'
import type { SessionService } from '@medforge/api/sessions/service.ts'
import { DEFAULT_PACK_ID } from '@medforge/contracts'
import { isDatabaseAway, isLostRace } from '@medforge/db'
import type { Evidence } from '../chaos/support/invariants.ts'
import { openMemoryDatabase } from './database/connect.ts'
import { createEngine } from './database/engine.ts'
import { createWitness, evidenceOf, findWrongChanges, type SessionRow } from './evidence.ts'
import {
  createChannel,
  createDatabaseServer,
  linkRuntime,
  linkWorkspaces,
  type Role,
  type Weather,
} from './links.ts'
import type { Plant } from './plant.ts'
import { ROOT, startReconciler, startServer } from './processes.ts'
import type { Process, Random, Scheduler } from './scheduler.ts'

/** The platform of one history, and all that can be done to it. */
export interface World {
  readonly people: readonly string[]
  readonly docker: FakeRuntime
  readonly pool: FakeWorkspaces
  readonly weather: Weather
  setDatabaseAway(isAway: boolean): void
  setIdeSilent(isSilent: boolean): void
  /** Set the clock so many milliseconds on, or back. */
  setClock(byMs: number): void
  sessions(): readonly SessionRow[]
  start(role: Role): void
  /** Whoever has the role ends, in some way, and the next starts. */
  replace(role: Role): void
  /** Nobody but the newest of each role goes on. */
  killOlder(): void
  launch(userId: string): void
  stop(session: SessionRow): void
  evidence(): Evidence
  /** What commits have done wrong. */
  readonly wrongChanges: string[]
  /** Whether rows, containers, snapshots or answers are others than at the last call. */
  hasChanged(): boolean
}

const STARTED_MS = Date.parse('2026-03-01T12:00:00Z')

function chooseWeather(random: Random): Weather {
  const some = (most: number) => (random.chance(0.5) ? random.next() * most : 0)
  return {
    slow: some(0.3),
    slowMs: random.pick([20, 300, 3_000]),
    lostAnswer: some(0.05),
    lostMessage: random.pick([0, 0.3, 1]),
    doubledMessage: some(0.5),
  }
}

export function createWorld(scheduler: Scheduler, plant: Plant): World {
  const { random } = scheduler
  const weather = chooseWeather(random)
  const ways = { scheduler, weather }
  const docker = createFakeRuntime()
  const pool = createFakeWorkspaces(ROOT)
  const witness = createWitness(docker, pool)
  const people = Array.from({ length: 1 + random.below(3) }, (_, index) => uuid(index))
  const wrongChanges: string[] = []
  let isChanged = false
  const engine = createEngine({
    initial: platformOf(people, 1 + random.below(2)),
    isUnique: plant.isUnique,
    onCommit(changes) {
      isChanged = true
      wrongChanges.push(...findWrongChanges(changes, docker))
    },
  })
  const database = createDatabaseServer(ways, engine, (statement) =>
    plant.statement(statement, pool),
  )
  const channel = createChannel(ways, plant.isPassed)
  const operations: Evidence['operations'][number][] = []
  const running: Record<Role, { process: Process; ending: AbortController }[]> = {
    server: [],
    reconciler: [],
  }
  let service: SessionService | undefined
  let clockOffMs = 0
  let isIdeSilent = false
  let started = 0

  const clock = { now: () => new Date(STARTED_MS + clockOffMs + Math.floor(scheduler.nowMs())) }

  function start(role: Role): void {
    started += 1
    const process: Process = { name: `${role} ${started}`, isAlive: true }
    const ending = new AbortController()
    running[role].push({ process, ending })
    scheduler.after(0, process, 'starts', () => {
      const db = openMemoryDatabase(() => database.connect(process))
      const endpoint = channel.open(role, process)
      if (role === 'server') service = startServer({ db, clock, endpoint })
      else {
        startReconciler({
          ...{ db, clock, endpoint, signal: ending.signal },
          runtime: plant.runtime(linkRuntime(ways, process, docker), docker),
          workspaces: plant.workspaces(linkWorkspaces(ways, process, pool), pool),
          isReady: (slug) => probe(process, slug),
        })
      }
    })
  }

  function probe(process: Process, slug: string): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const container = docker.containers.get(`mf-session-${slug}`)
    const isReady = !isIdeSilent && container?.state === 'running'
    scheduler.after(10 + random.next() * 200, process, 'probe', () => resolve(isReady))
    return promise
  }

  /** kill -9: nothing of it goes on, and its connections break after a while. */
  function kill(role: Role, process: Process): void {
    process.isAlive = false
    running[role] = running[role].filter((each) => each.process !== process)
    database.disconnect(process)
  }

  function replace(role: Role): void {
    const how = role === 'server' ? 'killed' : random.pick(['killed', 'ended', 'late'] as const)
    for (const { process, ending } of running[role]) {
      if (how === 'killed') kill(role, process)
      else {
        // It was asked to end, or has lost its lead and does not know: it works beside the next for a while.
        if (how === 'ended') scheduler.after(0, process, 'SIGTERM', () => ending.abort())
        scheduler.after(random.next() * 8_000, null, 'the end', () => kill(role, process))
      }
    }
    if (role === 'server') service = undefined
    scheduler.after(random.next() * 1_000, null, 'restart', () => start(role))
  }

  /** A request of a person: the answer is written down if the server lives to give it. */
  function ask(
    what: 'create' | 'stop',
    who: string,
    work: (sessions: SessionService) => Promise<string>,
  ): void {
    const process = running.server.at(-1)?.process
    if (!process) return
    scheduler.after(0, process, `${who} asks: ${what}`, () => {
      if (!service) return
      work(service).then(
        (subject) => {
          scheduler.note(`${who} was answered: ${what} ${subject}`)
          operations.push({ who, what, subject, outcome: 'ok', ...NO_TIMES })
          isChanged = true
        },
        (error: Error) => {
          scheduler.note(`${who} was refused: ${what}, ${error.message}`)
          const isAnswer =
            error instanceof DomainError || isDatabaseAway(error) || isLostRace(error)
          if (!isAnswer) wrongChanges.push(`I10: ${what} has no answer but ${error.message}`)
        },
      )
    })
  }

  const requestId = () => `request-${scheduler.nowMs().toFixed(3)}`
  const principalOf = (userId: string) =>
    ({ userId, role: 'user' }) as Parameters<SessionService['stop']>[0]

  return {
    people,
    docker,
    pool,
    weather,
    wrongChanges,
    start,
    replace,
    setDatabaseAway: database.setAway,
    setIdeSilent(isSilent) {
      isIdeSilent = isSilent
    },
    setClock(byMs) {
      clockOffMs += byMs
    },
    sessions: () => [...(engine.state().sessions?.values() ?? [])] as unknown as SessionRow[],
    killOlder() {
      for (const role of ['server', 'reconciler'] as const) {
        for (const { process } of running[role].slice(0, -1)) kill(role, process)
      }
    },
    launch(userId) {
      const isAsync = random.chance(0.8)
      ask('create', userId, async (sessions) => {
        const options = { requestId: requestId(), isAsync }
        return (await sessions.request(principalOf(userId), {}, options)).id
      })
    },
    stop({ id, user_id: userId }) {
      ask('stop', userId, async (sessions) => {
        await sessions.stop(principalOf(userId), id, requestId())
        return id
      })
    },
    evidence: () => evidenceOf(engine.state(), docker, pool, witness, operations),
    hasChanged() {
      const has = witness.look() || isChanged
      isChanged = false
      return has
    },
  }
}

const uuid = (index: number) => `00000000-0000-4000-8000-00000000000${index}`

/** What stands in the tables before the first session. */
function platformOf(people: readonly string[], gpus: number) {
  return {
    users: people.map((id, index) => ({ id, max_concurrent_sessions: 1 + (index % 2) })),
    packs: [{ id: DEFAULT_PACK_ID, tier: 'public', image_ref: 'pack', image_digest: 'sha256:0' }],
    gpu_devices: Array.from({ length: gpus }, (_, id) => ({
      ...{ id, present: true, health: 'healthy' },
    })),
  }
}

const NO_TIMES = { startedMs: 0, endedMs: 0, status: null, code: null }
