import { setTimeout as sleep } from 'node:timers/promises'
import type { GpuMode } from '@medforge/contracts'
import { sessionContainerName } from '@medforge/contracts'
import { FAILURES } from '@medforge/core'
import type { ContainerInspectInfo } from 'dockerode'
import { type Failpoint, noFailpoint } from '../../lib/failpoints.ts'
import {
  bodyless,
  callDocker,
  type Docker,
  DockerAnswer,
  isDockerStatus,
} from '../docker/client.ts'
import { readLines } from '../docker/lines.ts'
import { HostAwayError, HostRefusedError } from '../host-error.ts'
import { containerOptions, LABELS } from './container-options.ts'
import type { DefaultLimits } from './limits.ts'
import type {
  ContainerFact,
  ContainerRef,
  ContainerSpec,
  ListedContainer,
  SessionRuntime,
} from './port.ts'

export type DockerRuntimeOptions = {
  docker: Docker
  /** Docker network that sessions join, and no other. */
  network: string
  gpuMode: GpuMode
  limits: DefaultLimits
  /** Value of the label `medforge.managed`: containers with another one are never seen. */
  managed?: string
  failpoint?: Failpoint
}

// A hung daemon must not hold a session's work for long; starting is slow on a busy host (0.3 s at best, image layers cold: seconds).
const LIMIT_MS = { read: 5_000, create: 30_000, start: 60_000, remove: 20_000 }

// Docker's own bookkeeping lags behind its answers by some milliseconds.
const SETTLE_MS = 20

// code-server ends within 0.1 s of SIGTERM; whatever the person left running gets the rest.
const STOP_GRACE_SECONDS = 2

/** Sessions as containers of a Docker daemon. The hardening is in `container-options.ts`. */
export function createDockerRuntime(options: DockerRuntimeOptions): SessionRuntime {
  const { docker, managed = '1', failpoint = noFailpoint } = options
  /** By image, which its digest says once and for all. */
  const commands = new Map<string, string[]>()

  async function inspect(ref: string, signal: AbortSignal) {
    return callDocker({ limitMs: LIMIT_MS.read, signal }, (call) =>
      docker.getContainer(ref).inspect(call),
    )
  }

  /** What the image starts; a container that names an entrypoint of its own gets neither of the image's. */
  async function commandOf(image: string, signal: AbortSignal): Promise<string[]> {
    const known = commands.get(image)
    if (known) return known
    const { Config: config } = await callDocker({ limitMs: LIMIT_MS.read, signal }, () =>
      docker.getImage(image).inspect(),
    )
    const command = [config.Entrypoint ?? [], config.Cmd ?? []].flat()
    commands.set(image, command)
    return command
  }

  /** Undefined: a container of this session exists already. */
  async function create(spec: ContainerSpec, signal: AbortSignal): Promise<string | undefined> {
    try {
      const command = await commandOf(spec.image, signal)
      const { name, ..._body } = containerOptions(spec, options, managed, command)
      const made = await callDocker({ limitMs: LIMIT_MS.create, signal }, (call) =>
        // Else the library writes all of the body into the address of the request too.
        docker.createContainer({ ...call, ...{ _query: { name }, _body } }),
      )
      return made.id
    } catch (error) {
      if (isDockerStatus(error, 409)) return undefined
      throw refusalOf(error)
    }
  }

  /** The container whose name was taken: ours, made by a call whose answer was lost, or somebody else's. */
  async function adopt(spec: ContainerSpec, signal: AbortSignal): Promise<string> {
    const untilMs = performance.now() + LIMIT_MS.read
    for (;;) {
      const fact = await runtime.observe(spec, signal)
      if (fact.kind === 'present') return fact.id
      if (fact.kind === 'foreign') {
        throw new HostRefusedError('name_taken', FAILURES.nameTaken.text)
      }
      // A name is taken a moment before its container can be seen, and free a moment after it is gone.
      if (fact.kind === 'unknown' || performance.now() > untilMs) {
        throw new HostAwayError('Docker does not answer.')
      }
      await sleep(SETTLE_MS, undefined, { signal }).catch(() => {})
      const id = await create(spec, signal)
      if (id !== undefined) return id
    }
  }

  /** Docker refuses this for a container that somebody has started meanwhile: it is theirs. What stays is found as an orphan. */
  async function removeUnstarted(containerId: string, signal: AbortSignal): Promise<void> {
    await callDocker({ limitMs: LIMIT_MS.remove, signal }, (call) =>
      docker.getContainer(containerId).remove(bodyless(call, { v: true })),
    ).catch(() => {})
  }

  /** Waits until Docker reports that the container does not exist. */
  async function untilAbsent(containerId: string, signal: AbortSignal): Promise<void> {
    const untilMs = performance.now() + LIMIT_MS.remove
    while (performance.now() < untilMs) {
      const isThere = await inspect(containerId, signal).then(
        () => true,
        (error) => (isDockerStatus(error, 404) ? false : throwAway(error)),
      )
      if (!isThere) return
      await sleep(SETTLE_MS, undefined, { signal }).catch(() => {})
    }
    throw new HostAwayError('Docker did not remove the container.')
  }

  const runtime: SessionRuntime = {
    async list(signal) {
      const containers = await callDocker({ limitMs: LIMIT_MS.read, signal }, (call) =>
        docker.listContainers({
          all: true,
          filters: { label: [`${LABELS.managed}=${managed}`] },
          ...call,
        }),
      ).catch(throwAway)
      return containers.map(
        (container): ListedContainer => ({
          id: container.Id,
          name: (container.Names[0] ?? '').replace(/^\//, ''),
          sessionId: container.Labels[LABELS.session] ?? null,
          isRunning: container.State === 'running' || container.State === 'paused',
        }),
      )
    },

    async observe(ref, signal) {
      try {
        return factOf(await inspect(sessionContainerName(ref.slug), signal), ref, managed)
      } catch (error) {
        if (isDockerStatus(error, 404)) return { kind: 'absent' }
        return { kind: 'unknown', reason: error instanceof Error ? error.message : String(error) }
      }
    },

    async start(spec, signal, confirm) {
      const made = await create(spec, signal)
      const id = made ?? (await adopt(spec, signal))
      await failpoint('c5.container_created')
      try {
        await confirm?.()
      } catch (error) {
        if (made !== undefined) await removeUnstarted(made, signal)
        throw error
      }
      try {
        await callDocker({ limitMs: LIMIT_MS.start, signal }, (call) =>
          docker.getContainer(id).start(bodyless(call)),
        )
      } catch (error) {
        if (!isDockerStatus(error, 304)) throw refusalOf(error)
      }
      await failpoint('c6.container_started')
      return id
    },

    async remove(containerId, signal) {
      const container = docker.getContainer(containerId)
      // Whatever the stop answers (ended already, paused, half removed), the forced removal has the last word.
      const stopped = callDocker({ limitMs: LIMIT_MS.remove, signal }, (call) =>
        container.stop(bodyless(call, { t: STOP_GRACE_SECONDS })),
      ).catch(ignoreAnswers)
      await Promise.all([stopped, failpoint('s2.stop_sent')])
      await failpoint('s3.exited')
      await callDocker({ limitMs: LIMIT_MS.remove, signal }, (call) =>
        container.remove(bodyless(call, { force: true, v: true })),
      ).catch(ignoreAnswers)
      await untilAbsent(containerId, signal)
      await failpoint('s4.removed')
    },

    async watch(onEnd, signal) {
      const stream = await callDocker({ limitMs: LIMIT_MS.read, signal }, () =>
        docker.getEvents({
          // Events of this very second are repeated: none may fall between two streams.
          since: Math.floor(Date.now() / 1000),
          filters: {
            type: ['container'],
            event: ['die', 'destroy'],
            label: [`${LABELS.managed}=${managed}`],
          },
          abortSignal: signal,
        }),
      ).catch(throwAway)
      for await (const line of readLines(stream, signal)) {
        const event = JSON.parse(line) as { Actor?: { Attributes?: Record<string, string> } }
        const sessionId = event.Actor?.Attributes?.[LABELS.session]
        if (sessionId) onEnd(sessionId)
      }
    },
  }
  return runtime
}

function factOf(info: ContainerInspectInfo, ref: ContainerRef, managed: string): ContainerFact {
  const labels = info.Config.Labels ?? {}
  if (labels[LABELS.managed] !== managed || labels[LABELS.session] !== ref.sessionId) {
    return { kind: 'foreign' }
  }
  const { Status: status, ExitCode: exitCode, OOMKilled: oomKilled } = info.State
  if (status === 'created') return { kind: 'present', id: info.Id, state: 'created' }
  if (status === 'running' || status === 'paused' || status === 'restarting') {
    return { kind: 'present', id: info.Id, state: 'running' }
  }
  return { kind: 'present', id: info.Id, state: 'ended', exitCode, oomKilled }
}

/** Docker's refusal of a create or start, in words for the session's owner; Docker's own message stays in `cause`. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof DockerAnswer)) return error
  const { status, message } = error
  const refuse = (code: ConstructorParameters<typeof HostRefusedError>[0], text: string) =>
    new HostRefusedError(code, text, { cause: error })
  if (status === 404 && /no such image/i.test(message)) {
    return refuse(
      'image_missing',
      'The image of the pack is not on this host. Tell the operator: ./medforge up brings it back.',
    )
  }
  if (/network .*not found/i.test(message)) {
    return refuse(
      'network_missing',
      'The sessions network is missing. Tell the operator: ./medforge up brings it back.',
    )
  }
  if (/device driver|nvidia|\bgpu\b|\bcdi\b/i.test(message)) {
    return refuse(
      'gpu_refused',
      'Docker could not hand over the GPU. Launch again; tell the operator if it happens twice.',
    )
  }
  return refuse(
    'container_refused',
    'Docker could not start the container. Launch again; tell the operator if it happens twice.',
  )
}

function throwAway(error: unknown): never {
  if (error instanceof HostAwayError) throw error
  throw new HostAwayError('Docker does not answer as it should.', { cause: error })
}

function ignoreAnswers(error: unknown): void {
  if (!(error instanceof DockerAnswer)) throw error
}
