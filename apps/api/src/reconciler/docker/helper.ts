import { setTimeout as sleep } from 'node:timers/promises'
import type { HostConfig } from 'dockerode'
import { HostAwayError } from '../host-error.ts'
import { bodyless, callDocker, type Docker, DockerAnswer, isDockerStatus } from './client.ts'

/** A short-lived container that does on the host what this process may not: it gets exactly the rights that are named here. */
export type HelperSpec = {
  /** For its label, such as `firewall`. */
  purpose: string
  image: string
  command: string[]
  env?: Record<string, string>
  hostConfig?: HostConfig
  limitMs: number
}

export type HelperResult = { exitCode: number; output: string }

export const HELPER_LABEL = 'medforge.helper'

const CALL_LIMIT_MS = 15_000
const OUTPUT_POLL_MS = 100

/** It was started, and had not ended when its time was up. */
export class HelperSlowError extends HostAwayError {
  constructor(cause: unknown) {
    super('A helper container is too slow.', { cause })
  }
}

/** A helper that goes on until it is given back. */
export interface RunningHelper extends AsyncDisposable {
  readonly id: string
  /** Resolves once the helper has printed this text. */
  untilOutput(text: string, signal: AbortSignal): Promise<void>
}

/**
 * Run a helper to its end and remove it. It drops every capability that `hostConfig` does not add.
 *
 * @throws HostAwayError when Docker does not answer, refuses the container, or (`HelperSlowError`) the helper does not end in time
 */
export async function runHelper(
  docker: Docker,
  spec: HelperSpec,
  signal: AbortSignal,
): Promise<HelperResult> {
  await using helper = await startHelper(docker, spec, signal)
  const startedMs = performance.now()
  try {
    const ended: { StatusCode: number } = await callDocker(
      { limitMs: spec.limitMs, signal },
      (options) => docker.getContainer(helper.id).wait(bodyless(options)),
    )
    return { exitCode: ended.StatusCode, output: await readOutput(docker, helper.id, signal) }
  } catch (error) {
    if (error instanceof HostAwayError && performance.now() - startedMs >= spec.limitMs) {
      throw new HelperSlowError(error)
    }
    throw awayOf(error)
  }
}

/** Start a helper; it is removed when the result is disposed of. Throws as `runHelper`. */
export async function startHelper(
  docker: Docker,
  spec: HelperSpec,
  signal: AbortSignal,
): Promise<RunningHelper> {
  const id = await create(docker, spec, signal)
  const remove = () => removeHelper(docker, id, AbortSignal.timeout(CALL_LIMIT_MS))
  try {
    await callDocker({ limitMs: CALL_LIMIT_MS, signal }, (options) =>
      docker.getContainer(id).start(bodyless(options)),
    )
  } catch (error) {
    await remove()
    throw awayOf(error)
  }
  return {
    id,
    async untilOutput(text, cancelled) {
      const untilMs = performance.now() + spec.limitMs
      while (!(await readOutput(docker, id, cancelled)).includes(text)) {
        if (performance.now() > untilMs) throw new HostAwayError('A helper container is too slow.')
        await sleep(OUTPUT_POLL_MS, undefined, { signal: cancelled }).catch(() => {})
      }
    },
    [Symbol.asyncDispose]: remove,
  }
}

async function readOutput(docker: Docker, id: string, signal: AbortSignal): Promise<string> {
  const log: unknown = await callDocker({ limitMs: CALL_LIMIT_MS, signal }, (options) =>
    docker.getContainer(id).logs({ stdout: true, stderr: true, follow: false, ...options }),
  )
  // The library hands out what looks like JSON parsed, whatever its type says.
  const text = Buffer.isBuffer(log) ? log.toString('utf8') : JSON.stringify(log)
  return text.replaceAll('\r\n', '\n')
}

async function create(docker: Docker, spec: HelperSpec, signal: AbortSignal): Promise<string> {
  try {
    const container = await callDocker({ limitMs: CALL_LIMIT_MS, signal }, (options) =>
      docker.createContainer({
        Image: spec.image,
        Entrypoint: [],
        Cmd: spec.command,
        User: '0:0',
        WorkingDir: '/',
        Env: Object.entries(spec.env ?? {}).map(([name, value]) => `${name}=${value}`),
        Labels: { [HELPER_LABEL]: spec.purpose },
        // One stream without Docker's frames around the lines.
        Tty: true,
        ...options,
        HostConfig: {
          NetworkMode: 'none',
          CapDrop: ['ALL'],
          SecurityOpt: ['no-new-privileges:true'],
          ReadonlyRootfs: true,
          Init: true,
          PidsLimit: 64,
          Memory: 256 * 1024 * 1024,
          RestartPolicy: { Name: 'no' },
          LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '1' } },
          ...spec.hostConfig,
        },
      }),
    )
    return container.id
  } catch (error) {
    throw awayOf(error)
  }
}

async function removeHelper(docker: Docker, id: string, signal: AbortSignal): Promise<void> {
  // What is left behind is found by its label at the next boot.
  await callDocker({ limitMs: CALL_LIMIT_MS, signal }, (options) =>
    docker.getContainer(id).remove(bodyless(options, { force: true, v: true })),
  ).catch(() => {})
}

/** Removes helpers that a killed process left behind: those whose purpose is wanted. */
export async function removeLeftHelpers(
  docker: Docker,
  signal: AbortSignal,
  isWanted: (purpose: string) => boolean = () => true,
): Promise<void> {
  const left = await listHelpers(docker, signal, isWanted)
  await Promise.all(left.map((id) => removeHelper(docker, id, signal)))
}

export async function countHelpers(
  docker: Docker,
  signal: AbortSignal,
  purpose: string,
): Promise<number> {
  return (await listHelpers(docker, signal, (each) => each === purpose)).length
}

async function listHelpers(
  docker: Docker,
  signal: AbortSignal,
  isWanted: (purpose: string) => boolean,
): Promise<string[]> {
  const list = await callDocker({ limitMs: CALL_LIMIT_MS, signal }, (options) =>
    docker.listContainers({ all: true, filters: { label: [HELPER_LABEL] }, ...options }),
  )
  return list.filter(({ Labels }) => isWanted(Labels[HELPER_LABEL] ?? '')).map(({ Id }) => Id)
}

function awayOf(error: unknown): unknown {
  if (!(error instanceof DockerAnswer)) return error
  const text = isDockerStatus(error, 404)
    ? 'The image of the helper containers is not on this host.'
    : 'Docker refused a helper container.'
  return new HostAwayError(text, { cause: error })
}
