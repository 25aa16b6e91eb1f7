import { spawn } from 'node:child_process'
import { mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { docker, eventually, runOnHost, runOnPool } from '../../support/installation.ts'
import { askDocker } from './docker-api.ts'
import { ensureAddress } from './host.ts'

/* The cell's own Docker and ZFS servers, which nobody else on this machine uses. */

const LOGS = '/var/log/medforge'
const START_LIMIT_MS = 90_000

/** Ids of the processes of this host with this name. The cell has process ids of its own, so none of another host is among them. */
export function processesOf(name: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => commandOf(pid) === name)
    .map(Number)
}

function commandOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return undefined
  }
}

/** Send a signal to every process of these names; resolves at once. */
export function signalAll(signal: NodeJS.Signals, ...names: string[]): void {
  for (const pid of names.flatMap(processesOf)) {
    try {
      process.kill(pid, signal)
    } catch {
      // It was faster.
    }
  }
}

export async function untilGone(...names: string[]): Promise<void> {
  await eventually(
    async () => names.flatMap(processesOf).length === 0,
    `${names.join(' and ')} are gone`,
    { timeoutMs: START_LIMIT_MS },
  )
}

function startDaemon(program: string, args: string[]): void {
  const log = openSync(`${LOGS}/${program}.log`, 'a')
  spawn(program, args, { detached: true, stdio: ['ignore', log, log] }).unref()
}

/** Docker, with the containers that it starts by itself, answers again. */
export async function startDocker(): Promise<void> {
  if (processesOf('dockerd').length === 0) {
    rmSync('/var/run/docker.pid', { force: true })
    rmSync('/var/run/docker/containerd/containerd.pid', { force: true })
    startDaemon('dockerd', [])
  }
  await eventually(
    async () => (await askDocker('GET', '/_ping').catch(() => undefined))?.status === 200,
    'Docker answers',
    { timeoutMs: START_LIMIT_MS },
  )
  await ensureAddress()
}

/** ZFS with its pool, mounted as before; what the mounts of a killed server left behind is taken away first. */
export async function startZfs(): Promise<void> {
  if (processesOf('zfs-fuse').length === 0) {
    await detachMounts()
    mkdirSync('/run/zfs', { recursive: true, mode: 0o700 })
    mkdirSync('/run/lock/zfs', { recursive: true })
    startDaemon('zfs-fuse', ['-n'])
  }
  const isThere = () =>
    runOnHost('zpool', 'list', '-H', 'tank').then(
      () => true,
      () => false,
    )
  await eventually(
    async () => {
      if (await isThere()) return true
      await runOnPool('zpool', 'import', '-f', '-d', '/var/lib/medforge', 'tank').catch(() => {})
      return isThere()
    },
    'the pool is imported',
    { timeoutMs: START_LIMIT_MS, everyMs: 500 },
  )
  // A pool that the server remembers is imported without its mounts.
  await runOnPool('zfs', 'mount', '-a')
}

/** From the top, each with all below it: nothing below a dead mount can be named any more. */
async function detachMounts(): Promise<void> {
  for (let point = firstMount(); point !== undefined; point = firstMount())
    await runOnHost('umount', '-l', point)
  // Docker makes the folders that a container binds where it is up before the pool, and nothing mounts on a folder with folders.
  await runOnHost('find', '/tank', '-xdev', '-mindepth', '1', '-type', 'd', '-empty', '-delete')
}

function firstMount(): string | undefined {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, , type]) => type === 'fuse.zfs')?.[1]
}

/** What `./medforge up` does where the database's container could not come back by itself because its dataset was not mounted. */
export async function startDatabase(): Promise<void> {
  await docker('restart', '--time', '5', 'medforge-db')
  await untilDatabaseIsHealthy()
}

export async function untilDatabaseIsHealthy(): Promise<void> {
  await eventually(
    async () =>
      (
        await docker('inspect', '--format', '{{.State.Health.Status}}', 'medforge-db').catch(
          () => '',
        )
      ).trim() === 'healthy',
    'the database is healthy',
    { timeoutMs: START_LIMIT_MS },
  )
}
