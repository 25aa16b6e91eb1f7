import { existsSync, readFileSync, rmSync } from 'node:fs'
import { Failure } from '../failure.ts'
import { LOGS } from '../names.ts'
import { reasonOf, run, startDaemon, waitFor } from '../process.ts'

const PID_FILES = ['/var/run/docker.pid', '/var/run/docker/containerd/containerd.pid']
const LOG_FILE = `${LOGS}/dockerd.log`

/** Whether a Docker server answers at the default socket. */
export async function dockerAnswers(): Promise<boolean> {
  const version = await run('docker', ['version', '--format', '{{.Server.Version}}'], {
    timeoutMs: 10_000,
  })
  return version.ok && version.stdout.trim() !== ''
}

/**
 * Make sure that a Docker server answers, starting one where nothing does.
 *
 * @returns whether this call started it
 * @throws Failure with the server's own last words
 */
export async function ensureDocker(): Promise<boolean> {
  if (await dockerAnswers()) return false
  const pid = livePid(PID_FILES[0] ?? '', 'dockerd')
  if (pid !== undefined) {
    if (await waitFor(async () => (await dockerAnswers()) || undefined, { timeoutMs: 20_000 })) {
      return false
    }
    throw new Failure(
      `The Docker server (pid ${pid}) runs but does not answer.`,
      `Look at ${LOG_FILE} or journalctl -u docker, stop it with kill ${pid}, and run this again.`,
    )
  }
  if (isSystemdHost()) {
    await run('systemctl', ['enable', '--now', 'docker'], { timeoutMs: 120_000 })
  } else {
    for (const [index, file] of PID_FILES.entries()) {
      if (livePid(file, index === 0 ? 'dockerd' : 'containerd') === undefined) {
        rmSync(file, { force: true })
      }
    }
    startDaemon('dockerd', [], LOG_FILE)
  }
  const up = await waitFor(async () => (await dockerAnswers()) || undefined, { timeoutMs: 60_000 })
  if (up) return true
  const answer = await run('docker', ['version'], { timeoutMs: 10_000 })
  throw new Failure(
    `The Docker server did not start (${lastLineOf(LOG_FILE) ?? reasonOf('docker', answer)}).`,
    `Its log is ${LOG_FILE}; run this again when the cause is gone.`,
  )
}

export function isSystemdHost(): boolean {
  return existsSync('/run/systemd/system')
}

/** The process that a pid file names, if it is alive and is the program that the file is about. */
export function livePid(pidFile: string, program: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8').trim())
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
    return name === program ? pid : undefined
  } catch {
    return undefined
  }
}

function lastLineOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').at(-1)?.slice(0, 300)
  } catch {
    return undefined
  }
}
