import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
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
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describeSessionWorkspaces } from '@medforge/api/reconciler/workspace/port.contract.ts'
import { runCommand } from '@medforge/api/reconciler/workspace/run-command.ts'
import { createZfsWorkspaces } from '@medforge/api/reconciler/workspace/zfs.ts'
import { ensurePoolLockFolder, underPoolLock } from '@medforge/core/pool-lock'
import { eventually } from '@medforge/test-support'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// A pool of this run's own, on a file.
const POOL = `mft${randomUUID().slice(0, 8)}`
const ROOT = `${POOL}/workspaces`
const MIB = 1024 ** 2
const folder = mkdtempSync(join(tmpdir(), 'medforge-pool-'))
const file = join(folder, 'pool.img')
const mount = join(folder, 'mount')
const signal = AbortSignal.timeout(10 * 60_000)
const workspaces = createZfsWorkspaces({ root: ROOT, quotaBytes: 32 * MIB })

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
}))

describe('a workspace', () => {
  test('belongs to 1000:1000 and is limited by refquota', async () => {
    const dataset = newDataset()
    const path = await workspaces.ensure(dataset, signal)
    expect(statSync(path)).toMatchObject({ uid: 1000, gid: 1000 })
    expect(run('zfs', 'get', '-H', '-p', '-o', 'value', 'refquota', dataset)).toBe(String(32 * MIB))
  })

  test('has no limit where none is set', async () => {
    const dataset = newDataset()
    await createZfsWorkspaces({ root: ROOT, quotaBytes: null }).ensure(dataset, signal)
    expect(run('zfs', 'get', '-H', '-p', '-o', 'value', 'refquota', dataset)).toBe('0')
  })

  test('that is full can still be tidied up, after a snapshot too', async () => {
    const dataset = newDataset()
    const path = await workspaces.ensure(dataset, signal)
    const large = join(path, 'large')
    // Node has no name for EDQUOT.
    expect(() => {
      for (let part = 0; part < 64; part += 1) {
        writeFileSync(large, Buffer.alloc(MIB, part), { flag: 'a', flush: true })
      }
    }).toThrow(/EDQUOT|ENOSPC|unknown error, write/)
    await workspaces.snapshot(`${dataset}@stop-1795472777000`, signal)
    unlinkSync(large)
    run('sync')
    writeFileSync(join(path, 'small'), 'again', { flush: true })
  })

  test('of somebody whose own dataset lost its mount is made inside that one, not in its place', async () => {
    const first = newDataset()
    await workspaces.ensure(first, signal)
    const parent = dirname(first)
    runOnPool('zfs', 'unmount', first)
    runOnPool('zfs', 'unmount', parent)
    const second = join(parent, randomUUID())
    for (const dataset of [second, first]) await workspaces.ensure(dataset, signal)
    const isMounted = (dataset: string) =>
      run('zfs', 'get', '-H', '-o', 'value', 'mounted', dataset)
    expect([parent, first, second].map(isMounted)).toEqual(['yes', 'yes', 'yes'])
    // As after a start of the host: nothing lies in the way of any mount.
    for (const dataset of [second, first, parent]) runOnPool('zfs', 'unmount', dataset)
    runOnPool('zfs', 'mount', '-a')
    expect([parent, first, second].map(isMounted)).toEqual(['yes', 'yes', 'yes'])
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

  test('cannot be made or snapshotted in a pool that is full, and the refusals say so', async () => {
    const dataset = newDataset()
    const path = await createZfsWorkspaces({ root: ROOT, quotaBytes: null }).ensure(dataset, signal)
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
    } finally {
      unlinkSync(filler)
      run('sync')
    }
  })
})

describe('workspaces that are made at once', () => {
  test('are mounted one after the other, and the file systems go on answering', {
    timeout: 180_000,
  }, async () => {
    for (let round = 0; round < 15; round += 1) {
      const launches = Array.from({ length: 7 }, () => workspaces.ensure(newDataset(), signal))
      await Promise.all(launches)
      await runCommand('stat', ['--file-system', mount], { limitMs: 10_000, signal })
    }
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
      quotaBytes: null,
      run: (file, args, limits) => runCommand(file, args, { ...limits, limitMs: 1_000 }),
    })
    await hasty.check(signal)
    const server = Number(run('pidof', 'zfs-fuse'))
    process.kill(server, 'SIGSTOP')
    try {
      expect(await hasty.observe(dataset, stop, signal)).toMatchObject({ kind: 'unknown' })
      for (const call of [
        hasty.check(signal),
        hasty.ensure(fresh, signal),
        hasty.snapshot(stop, signal),
      ]) {
        await expect(call).rejects.toMatchObject({ name: 'HostAwayError' })
      }
    } finally {
      process.kill(server, 'SIGCONT')
    }
    await eventually(() => hasty.check(signal).then(() => true), { timeoutMs: 30_000 })
    expect(await workspaces.snapshot(stop, signal)).toBe('taken')
    expect(await workspaces.ensure(fresh, signal)).toContain(fresh.slice(ROOT.length))
  })
})

describe('a workspace that somebody is still in', () => {
  test('is snapshotted all the same', async () => {
    const dataset = newDataset()
    const path = await workspaces.ensure(dataset, signal)
    const sleeper = spawn('sleep', ['600'], { cwd: path, stdio: 'ignore' })
    await once(sleeper, 'spawn')
    try {
      expect(await workspaces.snapshot(`${dataset}@death-1795472777000`, signal)).toBe('taken')
    } finally {
      sleeper.kill('SIGKILL')
      await once(sleeper, 'exit')
    }
  })
})
