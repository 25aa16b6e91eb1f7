import { execFileSync, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describeSessionWorkspaces } from '@medforge/api/reconciler/workspace/port.contract.ts'
import { runCommand } from '@medforge/api/reconciler/workspace/run-command.ts'
import { createZfsWorkspaces } from '@medforge/api/reconciler/workspace/zfs.ts'
import { ensurePoolLockFolder, underPoolLock } from '@medforge/core/pool-lock'
import { eventually } from '@medforge/test-support'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hangFileSide } from '../../support/hang-pool.ts'

// A pool of this run's own, on a file.
const POOL = `mft${randomUUID().slice(0, 8)}`
const ROOT = `${POOL}/workspaces`
const MIB = 1024 ** 2
const folder = mkdtempSync(join(tmpdir(), 'medforge-pool-'))
const file = join(folder, 'pool.img')
const mount = join(folder, 'mount')
const signal = AbortSignal.timeout(10 * 60_000)
const workspaces = createZfsWorkspaces({ root: ROOT })

beforeAll(() => {
  ensurePoolLockFolder()
  run('truncate', '-s', '512M', file)
  runOnPool('zpool', 'create', '-m', mount, POOL, file)
  runOnPool('zfs', 'create', ROOT)
})

afterAll(async () => {
  // "busy" for a moment after the last write.
  await eventually(() => runOnPool('zpool', 'destroy', '-f', POOL) === '', { timeoutMs: 30_000 })
  rmSync(folder, { recursive: true, force: true })
})

function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8' }).trim()
}

/** The same for what mounts or unmounts datasets. */
function runOnPool(program: string, ...args: string[]): string {
  const [holder, rest] = underPoolLock([program, ...args], { waitSeconds: 30 })
  return run(holder, ...rest)
}

function property(dataset: string, name: string): string {
  return run('zfs', 'get', '-H', '-o', 'value', name, dataset)
}

function pathOf(dataset: string): string {
  return join(mount, dataset.slice(POOL.length))
}

/** Append that much to a file; throws where there is no room for it. */
function fill(file: string, bytes: number): void {
  for (let written = 0; written < bytes; written += MIB) {
    writeFileSync(file, randomBytes(MIB), { flag: 'a', flush: true })
  }
}

function newDataset(): string {
  return `${ROOT}/${randomUUID()}/${randomUUID()}`
}

describeSessionWorkspaces('ZFS', () => ({
  workspaces,
  root: ROOT,
  async listSnapshots(dataset) {
    const listed = run('zfs', 'list', '-H', '-o', 'name', '-t', 'snapshot', '-r', dataset)
    return listed.split('\n').filter(Boolean)
  },
  write: async (dataset, bytes) => fill(join(pathOf(dataset), 'file'), bytes),
  async removeFiles(dataset) {
    for (const name of readdirSync(pathOf(dataset))) unlinkSync(join(pathOf(dataset), name))
    run('sync')
  },
}))

describe('workspaces that are made at once', () => {
  test('are mounted one after the other, and the file systems go on answering', {
    timeout: 180_000,
  }, async () => {
    // Without the lock a dozen rounds stop it for certain, and most runs of five; the long run has five hundred launches.
    for (let round = 0; round < 5; round += 1) {
      const launches = Array.from({ length: 7 }, () => workspaces.ensure(newDataset(), signal))
      await Promise.all(launches)
      await runCommand('stat', ['--file-system', mount], { limitMs: 10_000, signal })
    }
  })
})

describe('a workspace', () => {
  test('belongs to 1000:1000 and is limited by its own refquota, and its person by no quota', async () => {
    const dataset = newDataset()
    const path = await workspaces.ensure(dataset, signal, 32 * MIB)
    expect(statSync(path)).toMatchObject({ uid: 1000, gid: 1000 })
    const limits = [dataset, dirname(dataset)].map((name) =>
      run('zfs', 'get', '-H', '-p', '-o', 'value', 'refquota,quota', name).split('\n'),
    )
    expect(limits).toEqual([
      [String(32 * MIB), '0'],
      ['0', '0'],
    ])
  })

  test('has no limit where none is set', async () => {
    const dataset = newDataset()
    await workspaces.ensure(dataset, signal, null)
    expect(run('zfs', 'get', '-H', '-p', '-o', 'value', 'refquota', dataset)).toBe('0')
  })

  test('is mounted by its launch alone: neither it nor the dataset of its person by a start of the host', async () => {
    const dataset = newDataset()
    await workspaces.ensure(dataset, signal)
    expect([dirname(dataset), dataset].map((name) => property(name, 'canmount'))).toEqual([
      'noauto',
      'noauto',
    ])
    expect(property(dirname(dataset), 'mounted')).toBe('no')
    runOnPool('zfs', 'unmount', dataset)
    runOnPool('zfs', 'mount', '-a')
    expect(property(dataset, 'mounted')).toBe('no')
    // As for a session that was active when the host went down.
    await workspaces.ensure(dataset, signal)
    expect(property(dataset, 'mounted')).toBe('yes')
  })

  test('of an earlier version, inside the mounted dataset of its person, is released with that one', async () => {
    const first = newDataset()
    const parent = dirname(first)
    runOnPool('zfs', 'create', '-p', first)
    writeFileSync(join(mount, first.slice(POOL.length), 'kept'), 'kept')
    const second = join(parent, randomUUID())
    await workspaces.ensure(second, signal)
    const mounted = () => [parent, first, second].map((name) => property(name, 'mounted'))
    expect(mounted()).toEqual(['yes', 'yes', 'yes'])
    expect(await workspaces.release(first, signal)).toBe('released')
    expect(mounted()).toEqual(['yes', 'no', 'yes'])
    expect(await workspaces.release(second, signal)).toBe('released')
    expect(mounted()).toEqual(['no', 'no', 'no'])
    // As after a start of the host: nothing is mounted, and nothing lies in the way of any mount.
    runOnPool('zfs', 'mount', '-a')
    expect(mounted()).toEqual(['no', 'no', 'no'])
    for (const dataset of [second, first]) await workspaces.ensure(dataset, signal)
    expect(mounted()).toEqual(['no', 'yes', 'yes'])
    expect(readdirSync(join(mount, first.slice(POOL.length)))).toEqual(['kept'])
  })

  test('whose person has a dataset of an earlier version that lost its mount leaves nothing in the way of a start of the host', async () => {
    const first = newDataset()
    const parent = dirname(first)
    runOnPool('zfs', 'create', '-p', first)
    for (const dataset of [first, parent]) runOnPool('zfs', 'unmount', dataset)
    const second = join(parent, randomUUID())
    for (const dataset of [second, first]) {
      await workspaces.ensure(dataset, signal)
      await workspaces.release(dataset, signal)
    }
    runOnPool('zfs', 'mount', '-a')
    for (const dataset of [second, first]) await workspaces.ensure(dataset, signal)
    expect([parent, first, second].map((name) => property(name, 'mounted'))).toEqual([
      'no',
      'yes',
      'yes',
    ])
  })

  test('that lost its mount is mounted again, and its bare directory is never handed out', async () => {
    const dataset = newDataset()
    const path = await workspaces.ensure(dataset, signal)
    writeFileSync(join(path, 'kept'), 'kept')
    runOnPool('zfs', 'unmount', dataset)
    expect(readdirSync(path)).toEqual([])
    expect(await workspaces.observe(dataset, null, signal)).toMatchObject({ isMounted: false })
    expect(await workspaces.ensure(dataset, signal)).toBe(path)
    expect(readdirSync(path)).toEqual(['kept'])
  })

  test('of another mount at the same path is refused', async () => {
    const dataset = newDataset()
    const path = await workspaces.ensure(dataset, signal)
    run('mount', '-t', 'tmpfs', 'tmpfs', path)
    try {
      expect(await workspaces.observe(dataset, null, signal)).toMatchObject({ isMounted: false })
      await expect(workspaces.ensure(dataset, signal)).rejects.toMatchObject({
        code: 'workspace_not_mounted',
      })
    } finally {
      run('umount', path)
    }
  })
})

describe('a host on which somebody else mounts', () => {
  test('lets a launch wait, and neither observations nor snapshots', async () => {
    const dataset = newDataset()
    const fresh = newDataset()
    await workspaces.ensure(dataset, signal)
    const [program, args] = underPoolLock(['sh', '-c', 'echo held; exec sleep 600'], {
      waitSeconds: 30,
    })
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore']
    const holder = spawn(program, args, { detached: true, stdio })
    await once(holder.stdout, 'data')
    let isLaunched = false
    const launch = workspaces.ensure(fresh, signal).then(() => {
      isLaunched = true
    })
    try {
      const stop = `${dataset}@stop-1795472777000`
      await workspaces.check(signal)
      expect(await workspaces.snapshot(stop, signal)).toBe('taken')
      expect(await workspaces.observe(dataset, stop, signal)).toMatchObject({ snapshotTaken: true })
      // Its dataset is made meanwhile; its mount is what waits.
      const isMade = () => run('zfs', 'list', '-H', '-o', 'name', fresh) === fresh
      await eventually(isMade, { timeoutMs: 30_000 })
      expect(isLaunched).toBe(false)
    } finally {
      process.kill(-(holder.pid ?? 0), 'SIGKILL')
    }
    await launch
    expect(property(fresh, 'mounted')).toBe('yes')
  })
})

describe('a pool that is away', () => {
  test('makes facts unknown, is never taken for empty, and nothing is written below its mount', async () => {
    const dataset = newDataset()
    const path = await workspaces.ensure(dataset, signal)
    const stop = `${dataset}@stop-1795472777000`
    runOnPool('zpool', 'export', POOL)
    try {
      expect(await workspaces.observe(dataset, stop, signal)).toMatchObject({ kind: 'unknown' })
      await expect(workspaces.check(signal)).rejects.toMatchObject({ name: 'HostAwayError' })
      await expect(workspaces.ensure(dataset, signal)).rejects.toMatchObject({
        name: 'HostAwayError',
      })
      await expect(workspaces.snapshot(stop, signal)).rejects.toMatchObject({
        name: 'HostAwayError',
      })
      expect(existsSync(path)).toBe(false)
    } finally {
      runOnPool('zpool', 'import', '-d', folder, POOL)
    }
    expect(await workspaces.ensure(dataset, signal)).toBe(path)
    expect(await workspaces.snapshot(stop, signal)).toBe('taken')
  })
})

describe('a pool that hangs', () => {
  test('is away after a time limit: nothing is known, nothing is refused for good, and no directory is made instead', async () => {
    const dataset = newDataset()
    const fresh = newDataset()
    await workspaces.ensure(dataset, signal)
    const stop = `${dataset}@stop-1795472777000`
    const hasty = createZfsWorkspaces({
      root: ROOT,
      run: (file, args, limits) => runCommand(file, args, { ...limits, limitMs: 1_000 }),
    })
    await eventually(() => hasty.check(signal).then(() => true), { timeoutMs: 30_000 })
    const server = Number(run('pidof', 'zfs-fuse'))
    process.kill(server, 'SIGSTOP')
    try {
      expect(await hasty.observe(dataset, stop, signal)).toMatchObject({ kind: 'unknown' })
      for (const call of [
        () => hasty.check(signal),
        () => hasty.ensure(fresh, signal),
        () => hasty.snapshot(stop, signal),
      ]) {
        await expect(call()).rejects.toMatchObject({ name: 'HostAwayError' })
      }
    } finally {
      process.kill(server, 'SIGCONT')
    }
    await eventually(() => hasty.check(signal).then(() => true), { timeoutMs: 30_000 })
    expect(await workspaces.snapshot(stop, signal)).toBe('taken')
    expect(await workspaces.ensure(fresh, signal)).toContain(fresh.slice(ROOT.length))
  })
})

describe('a pool whose file systems hang while its commands answer', () => {
  test('is away and named, holds no process back, and is well again when it goes on', {
    timeout: 180_000,
  }, async () => {
    const dataset = newDataset()
    const fresh = newDataset()
    await workspaces.ensure(dataset, signal)
    const letGo = hangFileSide(Number(run('pidof', 'zfs-fuse')))
    try {
      expect(run('zpool', 'list', '-H', '-o', 'health', POOL)).toBe('ONLINE')
      expect(run('zfs', 'list', '-H', '-o', 'name', ROOT)).toBe(ROOT)
      const silent = { name: 'HostAwayError', text: 'The file systems of the pool do not answer.' }
      const startedAt = performance.now()
      await expect(workspaces.check(signal)).rejects.toMatchObject(silent)
      await expect(workspaces.check(signal)).rejects.toMatchObject(silent)
      await expect(workspaces.ensure(fresh, signal)).rejects.toMatchObject(silent)
      // This process reads other files meanwhile.
      await Promise.all(Array.from({ length: 8 }, () => readFile('/proc/self/stat')))
      expect(performance.now() - startedAt).toBeLessThan(60_000)
      expect(await workspaces.snapshot(`${dataset}@stop-1795472777000`, signal)).toBe('taken')
    } finally {
      letGo()
    }
    await eventually(() => workspaces.check(signal).then(() => true), { timeoutMs: 30_000 })
    expect(await workspaces.ensure(fresh, signal)).toContain(fresh.slice(ROOT.length))
  })
})

describe('a workspace that somebody is still in', () => {
  test('is snapshotted all the same, and released once nobody is in it', async () => {
    const dataset = newDataset()
    const path = await workspaces.ensure(dataset, signal)
    const sleeper = spawn('sleep', ['600'], { cwd: path, stdio: 'ignore' })
    await once(sleeper, 'spawn')
    try {
      expect(await workspaces.snapshot(`${dataset}@death-1795472777000`, signal)).toBe('taken')
      expect(await workspaces.release(dataset, signal)).toBe('busy')
      expect(await workspaces.observe(dataset, null, signal)).toMatchObject({ isMounted: true })
    } finally {
      sleeper.kill('SIGKILL')
      await once(sleeper, 'exit')
    }
    const isReleased = async () => (await workspaces.release(dataset, signal)) === 'released'
    await eventually(isReleased, { timeoutMs: 30_000 })
  })
})

// Last: ZFS gives the space of what was deleted back in its own time.
describe('a workspace in a pool that is full', () => {
  test('cannot be made or snapshotted, and the refusals say so; the database has its reserve, and files that no snapshot holds can be removed, then the others', {
    timeout: 180_000,
  }, async () => {
    const database = `${POOL}/db`
    runOnPool('zfs', 'create', '-o', 'refreservation=64M', database)
    const dataset = newDataset()
    const path = await workspaces.ensure(dataset, signal)
    const kept = join(path, 'kept')
    fill(kept, 8 * MIB)
    await workspaces.snapshot(`${dataset}@stop-1795472776999`, signal)
    const filler = join(path, 'filler')
    try {
      for (;;) writeFileSync(filler, Buffer.alloc(8 * MIB, 1), { flag: 'a', flush: true })
    } catch {}
    try {
      for (;;) writeFileSync(filler, Buffer.alloc(4096, 1), { flag: 'a', flush: true })
    } catch {}
    try {
      const attempts = Array.from({ length: 20 }, () => workspaces.ensure(newDataset(), signal))
      const results = await Promise.allSettled(attempts)
      const refused = results.find((result) => result.status === 'rejected')
      expect(refused).toMatchObject({ reason: { code: 'pool_full' } })
      const snapshots = Array.from({ length: 20 }, (_, index) =>
        workspaces.snapshot(`${dataset}@stop-${1795472777000 + index}`, signal),
      )
      const untaken = (await Promise.allSettled(snapshots)).find(
        ({ status }) => status === 'rejected',
      )
      expect(untaken).toMatchObject({ reason: { code: 'pool_full' } })
      fill(join(pathOf(database), 'pages'), 32 * MIB)
      unlinkSync(filler)
      await eventually(() => unlinkSync(kept), { timeoutMs: 60_000 })
      expect(readdirSync(path)).toEqual([])
    } finally {
      rmSync(filler, { force: true })
      run('sync')
    }
  })
})
