import { existsSync } from 'node:fs'
import { Failure } from '../failure.ts'
import { CONTAINERS, DATASETS, POOL_FILE, POOL_MOUNT, STATE, UIDS } from '../names.ts'
import { run } from '../process.ts'
import { ensureStateFolders } from '../stack/folders.ts'
import type { Progress } from '../terminal/progress.ts'
import type { StepRunner } from '../terminal/steps.ts'
import { ensureDataset, leaveWorkspacesToLaunches, mountPoolRoot } from './datasets.ts'
import { endContainersOnDeadMounts } from './dead-mounts.ts'
import { checkDiskSpace, type DiskNeed, GIB } from './disk.ts'
import { ensureDocker } from './docker.ts'
import { ensureSharedMounts } from './mounts.ts'
import { ensurePackages } from './packages.ts'
import { checkPorts, type Listener } from './ports.ts'
import { requirementsOf } from './programs.ts'
import { keepNewLinksQuiet } from './quiet-links.ts'
import { detectZfs, ensurePool, ensureZfs, type ZfsKind } from './zfs.ts'

export type HostOptions = {
  edgeAddress: string
  poolSizeGib: number
}

/**
 * Bring the host to where containers of the platform can run: packages, ZFS with its pool, Docker.
 *
 * The pool comes before Docker, because a Docker server that starts restarts the platform's containers.
 */
export async function prepareHost(
  options: HostOptions,
  step: StepRunner,
  progress: Progress,
): Promise<ZfsKind> {
  await step('Room and packages', async () => {
    checkDiskSpace(diskNeeds())
    const zfs = await detectZfs()
    const installed = await ensurePackages(requirementsOf(zfs), progress)
    const summary = installed.length > 0 ? `installed ${installed.join(', ')}` : 'all there'
    return { summary, value: undefined }
  })

  const kind = await step('ZFS', async () => {
    const zfs = await detectZfs()
    const daemon = await ensureZfs(zfs, progress)
    const pool = await ensurePool(options.poolSizeGib, progress)
    await mountPoolRoot()
    let made = 0
    for (const dataset of DATASETS) if (await ensureDataset(describeDataset(dataset))) made += 1
    const left = await leaveWorkspacesToLaunches(progress)
    await ensureSharedMounts(POOL_MOUNT)
    ensureStateFolders()
    const where = zfs === 'kernel' ? 'in the kernel' : 'in user space (zfs-fuse)'
    const what = [
      where,
      ...(daemon === 'started' ? ['daemon started'] : []),
      ...(daemon === 'restarted' ? ['it did not answer and was started anew'] : []),
      `pool tank ${pool === 'created' ? `created on ${POOL_FILE}` : pool}`,
      ...(made > 0 ? [`${made} datasets made ready`] : []),
      ...(left > 0 ? [`${left} workspaces left unmounted by a start of the host`] : []),
    ]
    return { summary: what.join(', '), value: zfs }
  })

  await step('Docker', async () => {
    const started = await ensureDocker()
    const ended = await endContainersOnDeadMounts()
    if (options.edgeAddress === '127.0.0.1') keepNewLinksQuiet()
    // Docker's proxy holds the edge's ports for our own Caddy.
    const isOurs = await edgeRuns()
    await checkPorts([
      ...[443, 80].map((port) => ({
        port,
        address: options.edgeAddress,
        what: port === 443 ? 'https' : 'the redirect from http to https',
        mine: (listener: Listener) => isOurs && listener.process === 'docker-proxy',
        remedy:
          'Stop that program, or give MedForge another address with EDGE_BIND_ADDRESS in deploy/compose/.env, and run this again.',
      })),
    ])
    const summary = [
      started ? 'started' : 'answers',
      ...(ended.length > 0 ? [`ended ${ended.join(', ')}, whose file systems were dead`] : []),
    ]
    return { summary: summary.join(', '), value: undefined }
  })
  return kind
}

/** What this part writes; the images ask for their own room where they have to be built. */
function diskNeeds(): DiskNeed[] {
  const remedy = `move ${STATE} to a larger disk`
  const needs: DiskNeed[] = [{ path: STATE, bytes: 0.5 * GIB, what: 'uploads and logs', remedy }]
  if (!existsSync(POOL_FILE)) {
    const what = 'the database and the first workspaces'
    needs.push({ path: STATE, bytes: 2 * GIB, what, remedy })
  }
  return needs
}

function describeDataset(name: string) {
  if (name.endsWith('/system/db')) {
    // Kept free for it: workspaces that fill the pool leave the database room to go on.
    const properties = ['recordsize=16K', 'atime=off', 'refreservation=1G']
    return { name, owner: UIDS.db, mode: 0o750, properties }
  }
  if (name.endsWith('/system')) return { name, mode: 0o711 }
  // Only root walks in here: files of workspaces are readable for everybody inside their session, and for nobody else.
  if (name.endsWith('/workspaces')) return { name, mode: 0o700, properties: ['atime=off'] }
  return { name, mode: 0o755, properties: ['atime=off'] }
}

async function edgeRuns(): Promise<boolean> {
  const state = await run('docker', [
    ...['container', 'inspect', '--format', '{{.State.Running}}', CONTAINERS.caddy],
  ])
  return state.stdout.trim() === 'true'
}

export function requireRoot(uid: number | undefined): void {
  if (uid === 0) return
  throw new Failure(
    'This command reads secrets and changes this host, so it has to run as root.',
    'Run it again with sudo.',
  )
}
