import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { readProcessEnv } from '@medforge/api/config/env.ts'
import type { FailpointName } from '@medforge/api/lib/failpoints.ts'
import { childEnvironment, relayOf } from '@medforge/api/main/supervision.ts'
import { eventually, type Installation, REPOSITORY } from '../../support/installation.ts'
import { API_ADDRESS, ensureAddress } from './host.ts'

/** The second reconciler is one that should not be there: it waits for the first one's lead. */
export type ProcessName = 'server' | 'reconciler' | 'second-reconciler' | 'worker'

/**
 * The platform's own processes, started by the test as the supervisor starts them: the same programs with the same settings, and the same
 * two messages relayed. One that dies by itself is started again at once, without failpoints
 * unless the next start was armed.
 */
export interface ControlPlane extends AsyncDisposable {
  /** Kill (if it runs) and start with these failpoints and settings, and wait until it is at work. */
  restart(name: ProcessName, start?: Start): Promise<void>
  /**
   * At work as in the installation: without failpoints, with no settings but the plane's own, on the true clock. Left alone where it is.
   *
   * @returns whether it was started
   */
  plain(name: ProcessName): Promise<boolean>
  /** Failpoints for the start that follows the next death, instead of none: it saves a start of its own. */
  arm(name: ProcessName, failpoints: string): void
  /** The failpoints that it runs with. */
  failpointsOf(name: ProcessName): string
  /** kill -9; it is started again at once unless `stay` says otherwise. */
  kill(name: ProcessName, options?: { stay?: 'dead' }): Promise<void>
  /** Kill them all and leave them dead. */
  endAll(): Promise<void>
  /** Resolves at the next death of the process, by its own failpoint or by `kill`. Ask before you cause it. */
  death(name: ProcessName): Promise<void>
  /** Resolves once it runs and is at work. */
  ready(name: ProcessName): Promise<void>
  /** Resolves once some process has passed this failpoint, which was set with `once:`. The marks of earlier starts are forgotten at the next. */
  reached(failpoint: FailpointName): Promise<void>
  signal(name: ProcessName, signal: NodeJS.Signals): void
  pid(name: ProcessName): number
}

export type Start = {
  /** `MEDFORGE_FAILPOINTS` of this one start. */
  failpoints?: string
  /** Settings on top of the installation's, for this start and those after it. */
  settings?: Record<string, string>
  /** For this start and those after it: a file that says how far this process's clock is off, such as `-1d`. It is read at every look at the clock. */
  clockFile?: string
}

type Held = {
  child: ChildProcess | undefined
  settings: Record<string, string>
  clockFile: string | undefined
  isWanted: boolean
  failpoints: string
  /** For the next start. */
  armed: string
  ready: Promise<void>
}

const MAIN = join(REPOSITORY, 'apps/api/src/main')
const READY_LIMIT_MS = 30_000
/** What a process says in its log when it has begun to work. */
const PROGRAMS: Record<ProcessName, { script: string; atWork: RegExp }> = {
  server: { script: 'server.ts', atWork: /"msg":"server.listening"/ },
  reconciler: { script: 'reconciler.ts', atWork: /"msg":"reconciler.started"/ },
  'second-reconciler': {
    script: 'reconciler.ts',
    atWork: /"msg":"(reconciler.started|Another reconciler works on this database)/,
  },
  worker: { script: 'worker.ts', atWork: /"msg":"worker.ready"/ },
}

/**
 * Compile every module of the programs into this folder, for `createControlPlane`: a process that is killed leaves nothing
 * compiled for the next one.
 */
export async function compileModules(folder: string): Promise<void> {
  const scripts = new Set(Object.values(PROGRAMS).map(({ script }) => script))
  // Without settings a program ends by itself, after it was loaded.
  const { PATH = '' } = readProcessEnv()
  const env = { PATH, NODE_COMPILE_CACHE: folder }
  const runs = [...scripts].map((script) =>
    once(spawn(process.execPath, [join(MAIN, script)], { env, stdio: 'ignore' }), 'exit'),
  )
  await Promise.all(runs)
}

/** @param modules  the folder of `compileModules` */
export function createControlPlane(
  installation: Installation,
  modules: string,
  settings: Record<string, string> = {},
): ControlPlane {
  const logs = join(REPOSITORY, '.artifacts/chaos')
  mkdirSync(logs, { recursive: true })
  const marks = mkdtempSync(join(tmpdir(), 'medforge-chaos-marks-'))
  const held = new Map<ProcessName, Held>()

  function of(name: ProcessName): Held {
    const known = held.get(name)
    if (known) return known
    const fresh = {
      child: undefined,
      settings: { ...settings },
      clockFile: undefined,
      isWanted: false,
      failpoints: '',
      armed: '',
      ready: Promise.resolve(),
    }
    held.set(name, fresh)
    return fresh
  }

  function start(name: ProcessName, failpoints = ''): void {
    const mine = of(name)
    mine.isWanted = true
    mine.failpoints = failpoints
    mine.armed = ''
    const env = {
      ...environmentOf(name, installation, mine.settings),
      NODE_COMPILE_CACHE: modules,
      MEDFORGE_FAILPOINTS: failpoints,
      MEDFORGE_FAILPOINTS_DIR: marks,
      ...(mine.clockFile === undefined ? {} : movedClock(mine.clockFile)),
    }
    const child = fork(join(MAIN, PROGRAMS[name].script), {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    mine.child = child
    const log = createWriteStream(join(logs, `${name}.log`), { flags: 'a' })
    child.stderr?.pipe(log, { end: false })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    mine.ready = promise
    // Nobody may be waiting for it.
    promise.catch(() => {})
    if (child.stdout) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        log.write(`${line}\n`)
        if (PROGRAMS[name].atWork.test(line)) resolve()
      })
    }
    child.on('message', (message) => {
      const relay = name === 'server' || name === 'reconciler' ? relayOf(name, message) : null
      const receiver = relay ? held.get(relay.to)?.child : undefined
      if (relay && receiver?.connected) receiver.send(relay.message, () => {})
    })
    child.once('exit', (code, signal) => {
      log.end()
      reject(new Error(`The ${name} ended (${code ?? signal}) before it was at work.`))
      if (mine.child !== child) return
      mine.child = undefined
      if (mine.isWanted) start(name, mine.armed)
    })
  }

  async function end(name: ProcessName): Promise<void> {
    const mine = of(name)
    const { child } = mine
    mine.isWanted = false
    mine.child = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  /** Whichever incarnation gets there: the one that runs may die on its way. */
  async function ready(name: ProcessName): Promise<void> {
    await eventually(
      async () => {
        const mine = of(name)
        if (!mine.child) return false
        await Promise.race([mine.ready.catch(() => {}), pause(READY_LIMIT_MS)])
        return (
          mine.child !== undefined && mine.child.exitCode === null && mine.child.signalCode === null
        )
      },
      `the ${name} is at work; its log is in .artifacts/chaos`,
      { timeoutMs: READY_LIMIT_MS, everyMs: 20 },
    )
  }

  function isPlain({ child, failpoints, armed, settings: own, clockFile }: Held): boolean {
    const isMarked = failpoints !== '' || armed !== '' || clockFile !== undefined
    return child !== undefined && !isMarked && isDeepStrictEqual(own, settings)
  }

  async function endAll(): Promise<void> {
    for (const name of held.keys()) await end(name)
  }

  return {
    ready,
    endAll,
    async plain(name) {
      const mine = of(name)
      if (isPlain(mine)) {
        await ready(name)
        return false
      }
      await end(name)
      Object.assign(mine, { settings: { ...settings }, clockFile: undefined })
      await ensureAddress()
      start(name)
      await ready(name)
      return true
    },
    async restart(name, { failpoints, settings: more, clockFile } = {}) {
      await end(name)
      Object.assign(of(name).settings, more)
      of(name).clockFile = clockFile ?? of(name).clockFile
      await ensureAddress()
      for (const mark of readdirSync(marks)) rmSync(join(marks, mark), { force: true })
      start(name, failpoints)
      await ready(name)
    },
    arm(name, failpoints) {
      of(name).armed = failpoints
    },
    failpointsOf: (name) => of(name).failpoints,
    async kill(name, { stay } = {}) {
      await end(name)
      if (stay !== 'dead') start(name)
    },
    async death(name) {
      const { child } = of(name)
      if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
    async reached(failpoint) {
      await eventually(
        async () => existsSync(join(marks, failpoint)),
        `a process passes ${failpoint}`,
        { timeoutMs: READY_LIMIT_MS, everyMs: 10 },
      )
    },
    signal: (name, signal) => void of(name).child?.kill(signal),
    pid: (name) => of(name).child?.pid ?? 0,
    async [Symbol.asyncDispose]() {
      await endAll()
      rmSync(marks, { recursive: true, force: true })
    },
  }
}

const pause = (ms: number) => sleep(ms, undefined, { ref: false })

/** Debian's libfaketime: the clock moves, time goes on as it does. */
function movedClock(file: string): Record<string, string> {
  return {
    LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
}

/** What the compose file and the supervisor give to this process, read from the installation's settings. */
function environmentOf(
  name: ProcessName,
  { settings }: Installation,
  more: Record<string, string>,
): Record<string, string> {
  const url = (user: string, password = '') =>
    `mysql://medforge_${user}:${password}@172.30.1.5:3306/medforge`
  const { PATH = '', HOME = '/root' } = readProcessEnv()
  const all = {
    ...settings,
    SERVER_DATABASE_URL: url('server', settings.DB_SERVER_PASSWORD),
    RECONCILER_DATABASE_URL: url('reconciler', settings.DB_RECONCILER_PASSWORD),
    ...{ PATH, HOME },
    NODE_ENV: 'production',
    MEDFORGE_FAILPOINTS_IN_PRODUCTION: '1',
    ...more,
  }
  if (name !== 'worker') return childEnvironment(name === 'server' ? name : 'reconciler', all)
  return { ...all, DATABASE_URL: url('worker', settings.DB_WORKER_PASSWORD) }
}

/** Where the server answers without the edge in between. */
export const SERVER_URL = `http://${API_ADDRESS}:8000`
