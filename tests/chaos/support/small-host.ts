import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { processesOf } from './daemons.ts'

/** What the sessions and everything else of this host stand on, besides containers. */
export const DAEMONS = ['dockerd', 'containerd', 'zfs-fuse']

/**
 * Let this host, all its containers and its daemons together, have so many bytes of memory more than they hold now: a cell's Docker keeps
 * its containers in one control group, and the kernel chooses whom to end within a group's limit as it does for a whole machine.
 */
export function shrinkHost(spareBytes: number): Disposable {
  const group = new ControlGroup(readCgroupParent())
  // They stay in it, which changes nothing without a limit, and end with the cell.
  const room = group.child('daemons')
  for (const pid of DAEMONS.flatMap(processesOf)) room.take(pid)
  group.limitTo(group.heldBytes() + spareBytes)
  return {
    [Symbol.dispose]() {
      group.limitTo(undefined)
    },
  }
}

/** Control groups of version 1 have a tree for memory alone. */
const V1 = '/sys/fs/cgroup/memory'
const isV1 = existsSync(V1)

class ControlGroup {
  private readonly path: string
  private readonly folder: string

  constructor(path: string) {
    this.path = path
    this.folder = join(isV1 ? V1 : '/sys/fs/cgroup', path)
    mkdirSync(this.folder, { recursive: true })
  }

  child(name: string): ControlGroup {
    return new ControlGroup(join(this.path, name))
  }

  take(pid: number): void {
    writeFileSync(join(this.folder, 'cgroup.procs'), String(pid))
  }

  limitTo(bytes: number | undefined): void {
    const [file, none] = isV1 ? ['memory.limit_in_bytes', '-1'] : ['memory.max', 'max']
    writeFileSync(join(this.folder, file), bytes === undefined ? none : String(bytes))
  }

  /** What the kernel cannot take back: the memory of processes, and files that are kept in memory only. */
  heldBytes(): number {
    const stat = readFileSync(join(this.folder, 'memory.stat'), 'utf8')
    const names = isV1 ? ['total_rss', 'total_shmem'] : ['anon', 'shmem']
    return names.reduce((sum, name) => {
      return sum + Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0)
    }, 0)
  }
}

function readCgroupParent(): string {
  const settings = JSON.parse(readFileSync('/etc/docker/daemon.json', 'utf8'))
  return settings['cgroup-parent']
}
