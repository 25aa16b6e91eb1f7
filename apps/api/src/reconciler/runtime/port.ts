import type { SessionTier } from '@medforge/contracts'
import type { ContainerLimits } from './limits.ts'

/** Everything that a session's container is made of. Who may not be trusted with a choice (the person, the browser) appears nowhere in it. */
export type ContainerSpec = {
  sessionId: string
  userId: string
  slug: string
  tier: SessionTier
  /** `name@sha256:…`; never pulled here. */
  image: string
  gpu: { id: number; uuid: string | null }
  /** Host path of the workspace's mount, verified to be the dataset's by the workspace port. */
  workspacePath: string
  /** What this person gets in place of the installation's own. */
  limits: Partial<ContainerLimits>
}

/**
 * What Docker reports about the container of a session. `unknown` (Docker away, slow, or answering nonsense) is never `absent`.
 * `foreign`: the name is taken by a container that is not this session's.
 */
export type ContainerFact =
  | { kind: 'unknown'; reason: string }
  | { kind: 'absent' }
  | { kind: 'foreign' }
  | { kind: 'present'; id: string; state: 'created' | 'running' }
  | { kind: 'present'; id: string; state: 'ended'; exitCode: number | null; oomKilled: boolean }

export type ContainerRef = { sessionId: string; slug: string }

/** One labelled container of the listing. The labels are what it claims; only rows can confirm it. */
export type ListedContainer = {
  id: string
  name: string
  sessionId: string | null
  isRunning: boolean
}

/**
 * The port to Docker's containers. Every method has its own time limit, may be repeated after a crash at any point, and
 * rejects with `HostAwayError` (nothing is known, try again) or `HostRefusedError` (trying again will not help).
 */
export interface SessionRuntime {
  /** Every container with our labels, running or not. */
  list(signal: AbortSignal): Promise<ListedContainer[]>
  /** Never rejects: what went wrong is the fact `unknown`. */
  observe(ref: ContainerRef, signal: AbortSignal): Promise<ContainerFact>
  /**
   * The session's container exists and was started. One that exists already is taken over if it carries this session's labels.
   *
   * @param confirm  asked when the container exists and before it is started; where it rejects, a container that was made for it is
   *   removed, nothing is started, and the rejection is passed on
   * @returns the container's id
   * @throws HostRefusedError `name_taken`, `image_missing`, `network_missing`, `gpu_refused`, `container_refused`
   */
  start(spec: ContainerSpec, signal: AbortSignal, confirm?: () => Promise<void>): Promise<string>
  /** SIGTERM, a short grace, SIGKILL, removal. Resolves only once Docker reports that the container does not exist. */
  remove(containerId: string, signal: AbortSignal): Promise<void>
  /** Calls back with a session's id when its container ended or vanished; resolves when the stream breaks. A hint: nothing depends on it. */
  watch(onEnd: (sessionId: string) => void, signal: AbortSignal): Promise<void>
}
