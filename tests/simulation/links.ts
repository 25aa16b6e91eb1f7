import type { IpcEndpoint, IpcMessage } from '@medforge/api/ipc/channel.ts'
import { HostAwayError } from '@medforge/api/reconciler/host-error.ts'
import type { FakeRuntime } from '@medforge/api/reconciler/runtime/fake.ts'
import type { SessionRuntime } from '@medforge/api/reconciler/runtime/port.ts'
import type { FakeWorkspaces } from '@medforge/api/reconciler/workspace/fake.ts'
import type { SessionWorkspaces } from '@medforge/api/reconciler/workspace/port.ts'
import { type Link, settle } from './database/connect.ts'
import type { Engine, Statement } from './database/engine.ts'
import type { Process, Scheduler } from './scheduler.ts'

/** How badly things go in one history. Each is a probability, or milliseconds. */
export type Weather = {
  /** A way that takes long, and how long. */
  slow: number
  slowMs: number
  /** An answer that does not come, after what it was about was done. */
  lostAnswer: number
  /** A message between the processes that is lost, or comes twice. */
  lostMessage: number
  doubledMessage: number
}

export type Ways = { scheduler: Scheduler; weather: Weather }

const QUERY_LIMIT_MS = 5_000
const LOCK_WAIT_MS = 3_000
const HOST_LIMIT_MS = 5_000

/** What a way takes at most that is not slow: to the database and between the processes, and to Docker and the pool with what they do. */
const USUAL_MS = { message: 2, host: 50 }

function delayMs(
  { scheduler: { random }, weather }: Ways,
  way: keyof typeof USUAL_MS = 'message',
): number {
  return random.next() * (random.chance(weather.slow) ? weather.slowMs : USUAL_MS[way])
}

export interface DatabaseServer {
  connect(process: Process): Link
  setAway(isAway: boolean): void
  /** The connections of a process that was killed break, one after the other. */
  disconnect(process: Process): void
}

type OpenLink = { process: Process; breakOff(code: string): void }

/** The way to the database: statements arrive after a while, answers after another, and what breaks in between leaves it unknown what was done. */
export function createDatabaseServer(
  ways: Ways,
  engine: Engine,
  plant: (statement: Statement) => Statement,
): DatabaseServer {
  const { scheduler, weather } = ways
  const open = new Set<OpenLink>()
  let isAway = false

  function connect(process: Process): Link {
    const connection = engine.connect()
    let brokenBy: Error | undefined
    let failPending: (error: Error) => void = () => {}
    const self: OpenLink = {
      process,
      breakOff(code) {
        if (brokenBy) return
        brokenBy = Object.assign(new Error(`The connection broke: ${code}`), { code })
        open.delete(self)
        connection.close()
        failPending(brokenBy)
      },
    }

    open.add(self)

    function send(statement: Statement) {
      const { promise, resolve, reject } =
        Promise.withResolvers<Awaited<ReturnType<Link['send']>>>()
      const label = labelOf(statement)
      let isOver = false
      const finish = (act: () => void) => {
        if (isOver) return
        isOver = true
        failPending = () => {}
        cancelLimit()
        act()
      }
      const [thereMs, backMs] = [delayMs(ways), delayMs(ways)]
      // One that is not slow has its answer in time, a wait for a lock included.
      const isSlow = thereMs + backMs + LOCK_WAIT_MS > QUERY_LIMIT_MS
      const overdue = () => self.breakOff('PROTOCOL_SEQUENCE_TIMEOUT')
      const cancelLimit = isSlow
        ? scheduler.after(QUERY_LIMIT_MS, process, `${label} is overdue`, overdue)
        : () => {}
      failPending = (error) => {
        scheduler.after(delayMs(ways), process, `${label} breaks`, () =>
          finish(() => reject(error)),
        )
      }
      if (brokenBy) failPending(brokenBy)
      else if (isAway) self.breakOff('ECONNREFUSED')
      else {
        scheduler.after(thereMs, null, `${process.name} → ${label}`, () => {
          if (brokenBy) return
          let cancelWait = () => {}
          const isWaiting = connection.send(plant(statement), (outcome) => {
            cancelWait()
            if (scheduler.random.chance(weather.lostAnswer)) {
              self.breakOff('ECONNRESET')
              return
            }
            scheduler.after(backMs, process, `${label} is answered`, () =>
              finish(() => settle(outcome, resolve, reject)),
            )
          })
          if (isWaiting) {
            cancelWait = scheduler.after(LOCK_WAIT_MS, null, 'lock wait', connection.giveUpWaiting)
          }
        })
      }
      return promise
    }

    return { isBroken: () => brokenBy !== undefined, begin: connection.begin, send }
  }

  return {
    connect,
    setAway(next) {
      isAway = next
      if (isAway) for (const link of [...open]) link.breakOff('PROTOCOL_CONNECTION_LOST')
    },
    disconnect(process) {
      for (const link of open) {
        if (link.process !== process) continue
        scheduler.after(delayMs(ways), null, 'a dead connection ends', () => link.breakOff('EPIPE'))
      }
    },
  }
}

function labelOf(statement: Statement): string {
  if (statement.kind !== 'query') return statement.kind
  const { kind } = statement.node
  return kind.replace('QueryNode', '')
}

/** A call over a way to the host: done after a while, answered after another, and perhaps never answered. */
function createCall(ways: Ways, process: Process) {
  const { scheduler, weather } = ways
  return function call<Result>(label: string, act: () => Promise<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    const answer = (settleIt: () => void) =>
      scheduler.after(delayMs(ways, 'host'), process, `${label} is answered`, settleIt)
    scheduler.after(delayMs(ways, 'host'), null, `${process.name} → ${label}`, () => {
      const isLost = scheduler.random.chance(weather.lostAnswer)
      act().then(
        (result) => {
          if (!isLost) return answer(() => resolve(result))
          const giveUp = () => reject(new HostAwayError('It did not answer in time.'))
          return scheduler.after(HOST_LIMIT_MS, process, `${label} is overdue`, giveUp)
        },
        (error) => answer(() => reject(error)),
      )
    })
    return promise
  }
}

/** Docker as one process reaches it. What runs is stopped before it is removed, and started after it was made. */
export function linkRuntime(ways: Ways, process: Process, docker: FakeRuntime): SessionRuntime {
  const { scheduler } = ways
  const call = createCall(ways, process)
  const containerOf = (id: string) => [...docker.containers.values()].find((each) => each.id === id)

  return {
    list: (signal) => call('list', () => docker.list(signal)),
    observe: (ref, signal) =>
      call('observe', () => docker.observe(ref, signal)).catch((error: Error) => ({
        kind: 'unknown',
        reason: error.message,
      })),
    start(spec, signal, confirm) {
      // The process is asked in its own time, and Docker goes on in its own.
      const confirmed = () =>
        new Promise<void>((resolve, reject) => {
          const passOn = (settleIt: () => void) => {
            scheduler.after(delayMs(ways, 'host'), null, `${process.name} → start`, settleIt)
          }
          scheduler.after(delayMs(ways, 'host'), process, 'a container is made', () => {
            const asked = confirm?.() ?? Promise.resolve()
            asked.then(
              () => passOn(resolve),
              (error) => passOn(() => reject(error)),
            )
          })
        })
      return call('create', () => docker.start(spec, signal, confirmed))
    },
    async remove(id, signal) {
      await call('stop', async () => {
        await docker.list(signal)
        const container = containerOf(id)
        if (container?.state === 'running')
          docker.end(container.spec?.slug ?? '', { exitCode: 143 })
      })
      await call('remove', () => docker.remove(id, signal))
    },
    watch: (onEnd, signal) =>
      docker.watch((sessionId) => {
        if (scheduler.random.chance(ways.weather.lostMessage)) return
        scheduler.after(delayMs(ways), process, 'docker event', () => onEnd(sessionId))
      }, signal),
  }
}

/** The pool as one process reaches it. */
export function linkWorkspaces(
  ways: Ways,
  process: Process,
  pool: FakeWorkspaces,
): SessionWorkspaces {
  const call = createCall(ways, process)
  return {
    observe: (dataset, snapshot, signal) =>
      call('observe workspace', () => pool.observe(dataset, snapshot, signal)).catch(
        (error: Error) => ({ kind: 'unknown', reason: error.message }),
      ),
    ensure: (...args) => call('ensure', () => pool.ensure(...args)),
    snapshot: (...args) => call('snapshot', () => pool.snapshot(...args)),
    listMounted: () => call('list mounted', pool.listMounted),
    release: (...args) => call('release', () => pool.release(...args)),
    check: (...args) => call('check pool', () => pool.check(...args)),
    measurePeople: (...args) => call('measure', () => pool.measurePeople(...args)),
    measurePerson: (...args) => call('measure person', () => pool.measurePerson(...args)),
  }
}

export type Role = 'server' | 'reconciler'

/** The supervisor's channel: a message reaches whoever has the role when it arrives, late, twice, or not at all. */
export function createChannel(ways: Ways, isPassed: (message: IpcMessage) => boolean) {
  const { scheduler, weather } = ways
  const ends: Record<Role, { process: Process; listeners: Set<(message: unknown) => void> }[]> = {
    server: [],
    reconciler: [],
  }

  function send(to: Role, message: IpcMessage): void {
    if (!isPassed(message) || scheduler.random.chance(weather.lostMessage)) return
    scheduler.after(delayMs(ways), null, `${message.type} arrives`, () => {
      for (const { process, listeners } of ends[to]) {
        if (!process.isAlive) continue
        scheduler.after(0, process, message.type, () => {
          for (const listener of listeners) listener(message)
        })
      }
    })
    if (scheduler.random.chance(weather.doubledMessage)) send(to, message)
  }

  return {
    open(role: Role, process: Process): IpcEndpoint {
      const listeners = new Set<(message: unknown) => void>()
      ends[role] = [...ends[role].filter((end) => end.process.isAlive), { process, listeners }]
      return {
        send: (message) => send(role === 'server' ? 'reconciler' : 'server', message),
        on: (_event, listener) => listeners.add(listener),
        off: (_event, listener) => listeners.delete(listener),
      }
    },
  }
}
