import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { findProcesses, run } from '../process.ts'
import { listSessionContainers } from '../stack/containers.ts'
import { isSystemdHost } from './docker.ts'

/* Whom the kernel ends when the host runs out of memory: sessions first, which have +900 from the reconciler. */

/** Of the platform's containers, which Docker gives them at each start. */
export const PLATFORM_SCORE = -500
/** Of what everything else stands on. */
export const DAEMON_SCORE = -800
export const DAEMONS = ['dockerd', 'containerd', 'zfs-fuse'] as const

export type DaemonScores = Partial<Record<(typeof DAEMONS)[number], number>>

export const DOCKER_UNIT = '/etc/systemd/system/docker.service.d/medforge.conf'
// Not OOMScoreAdjust: a Docker server sets its own score again when it starts, some versions to another one.
const DOCKER_UNIT_TEXT = `# Written by ./medforge up.
[Service]
ExecStartPost=-/bin/sh -c "echo ${DAEMON_SCORE} >/proc/$MAINPID/oom_score_adj"
`

/** Whether this host lets root lower a score. Some virtual hosts do not, and Docker then refuses a container with a lower one. */
export async function mayLowerScores(): Promise<boolean> {
  const attempt = `echo ${DAEMON_SCORE} >/proc/self/oom_score_adj`
  return (await run('sh', ['-c', attempt])).ok
}

/** The scores of the daemons that run; of several with a name, the highest. */
export function readDaemonScores(): DaemonScores {
  const entries = DAEMONS.flatMap((name): [string, number][] => {
    const scores = findProcesses(name).flatMap((pid) => readScore(pid) ?? [])
    return scores.length === 0 ? [] : [[name, Math.max(...scores)]]
  })
  return Object.fromEntries(entries)
}

/**
 * Lower the scores of the daemons, now and at their next start: where there is no systemd, `up` is what starts them, and Debian's own
 * units hold those of containerd and of ZFS in user space lower still.
 */
export async function lowerDaemonScores(): Promise<void> {
  const high = DAEMONS.flatMap((name) => findProcesses(name)).filter(
    (pid) => (readScore(pid) ?? DAEMON_SCORE) > DAEMON_SCORE,
  )
  for (const pid of high) lowerScore(pid)
  if (!isSystemdHost()) return
  if (!existsSync(DOCKER_UNIT) || readFileSync(DOCKER_UNIT, 'utf8') !== DOCKER_UNIT_TEXT) {
    mkdirSync(dirname(DOCKER_UNIT), { recursive: true })
    writeFileSync(DOCKER_UNIT, DOCKER_UNIT_TEXT)
  }
  const shown = await run('systemctl', ['show', '--property', 'NeedDaemonReload', 'docker'])
  // A reload can take the GPUs away from containers that run; a start of the host reads the file as well.
  if (shown.stdout.includes('=yes') && (await listSessionContainers()).length === 0) {
    await run('systemctl', ['daemon-reload'])
  }
}

function lowerScore(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(DAEMON_SCORE))
  } catch (error) {
    if (readScore(pid) !== undefined) throw error
    // It has ended.
  }
}

function readScore(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim())
  } catch {
    return undefined // It has ended.
  }
}
