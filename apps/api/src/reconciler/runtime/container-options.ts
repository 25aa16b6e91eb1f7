import { readFileSync } from 'node:fs'
import {
  type GpuMode,
  SESSION_PORT,
  type SessionTier,
  sessionContainerName,
} from '@medforge/contracts'
import type { ContainerCreateOptions, HostConfig } from 'dockerode'
import { type ContainerLimits, type DefaultLimits, limitsOfLaunch } from './limits.ts'
import { readOpenFilesLimit } from './open-files.ts'
import type { ContainerSpec } from './port.ts'
import { SECCOMP_PROFILE } from './seccomp.ts'

export const LABELS = {
  managed: 'medforge.managed',
  session: 'medforge.session',
  user: 'medforge.user',
} as const

export type ContainerSettings = { network: string; gpuMode: GpuMode; limits: DefaultLimits }

export const SESSION_USER = '1000:1000'
export const WORKSPACE_TARGET = '/workspace'

/** What a session printed since its start, its first 64 KiB; `init.sh` keeps it, and leaves it in the workspace of one that ends by itself. */
export const SESSION_LOG = '/tmp/medforge-session.log'
const INIT = readFileSync(new URL('init.sh', import.meta.url), 'utf8')

const TIER_WORDS: Record<SessionTier, string> = { public: 'PUBLIC', private: 'PRIVATE' }

/**
 * The hardening contract of a session's container, whole: what is not named here is Docker's default (AppArmor's profile, private
 * namespaces), and a test compares it with `docker inspect`.
 *
 * @param command  what the image starts
 */
export function containerOptions(
  spec: ContainerSpec,
  settings: ContainerSettings,
  managed: string,
  command: readonly string[],
): ContainerCreateOptions & { HostConfig: HostConfig } {
  const { network, gpuMode } = settings
  const limits = limitsOfLaunch(settings.limits, spec.limits)
  const openFiles = readOpenFilesLimit()
  const uuid = gpuMode === 'nvidia' ? spec.gpu.uuid : null
  return {
    name: sessionContainerName(spec.slug),
    Image: spec.image,
    Entrypoint: ['/bin/sh', '-c', INIT, 'medforge-init', ...command],
    Cmd: [],
    Hostname: 'medforge',
    User: SESSION_USER,
    WorkingDir: WORKSPACE_TARGET,
    Env: [
      `MEDFORGE_SESSION_ID=${spec.sessionId}`,
      `MEDFORGE_USER_ID=${spec.userId}`,
      `MEDFORGE_TIER=${TIER_WORDS[spec.tier]}`,
      `MEDFORGE_GPU_ID=${spec.gpu.id}`,
      // `void` is NVIDIA's word for "no device"; it also overrules an image that says `all`.
      `NVIDIA_VISIBLE_DEVICES=${uuid ?? 'void'}`,
      // Of the driver only what computing needs; an image may say `all`, which would bring display and more.
      `NVIDIA_DRIVER_CAPABILITIES=${DRIVER_CAPABILITIES.join(',')}`,
      'CUDA_VISIBLE_DEVICES=0',
    ],
    Labels: {
      [LABELS.managed]: managed,
      [LABELS.session]: spec.sessionId,
      [LABELS.user]: spec.userId,
    },
    ExposedPorts: { [`${SESSION_PORT}/tcp`]: {} },
    HostConfig: {
      NetworkMode: network,
      // A mount, not a bind string: Docker refuses a source that is missing instead of making a directory on the root disk.
      Mounts: [
        {
          Type: 'bind',
          Source: spec.workspacePath,
          Target: WORKSPACE_TARGET,
          ReadOnly: false,
          BindOptions: { Propagation: 'rprivate' },
        },
      ],
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true', `seccomp=${SECCOMP_PROFILE}`],
      Privileged: false,
      IpcMode: 'private',
      // Outside the workspace nothing is written to the host's disk, which has no quota for a container.
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': scratch(limits), '/var/tmp': scratch(limits) },
      // Docker's own would hold Docker's pipes.
      Init: false,
      RestartPolicy: { Name: 'no' },
      NanoCpus: Math.round(limits.cpus * 1e9),
      CpuShares: CPU_WEIGHT,
      Memory: limits.memoryBytes,
      MemorySwap: limits.memoryBytes,
      OomKillDisable: false,
      OomScoreAdj: OOM_SCORE,
      PidsLimit: limits.pids,
      ShmSize: limits.shmBytes,
      Ulimits: [
        { Name: 'core', Soft: 0, Hard: 0 },
        { Name: 'nofile', Soft: openFiles, Hard: openFiles },
      ],
      // For what keeps init.sh from starting; it gives Docker's pipes up.
      LogConfig: { Type: 'json-file', Config: { 'max-size': '64k', 'max-file': '1' } },
      DeviceRequests: deviceRequests(gpuMode, uuid),
    },
  }
}

/** Sessions share the processors evenly, and the platform, whose containers have Docker's 1024, comes before them. */
const CPU_WEIGHT = 512

/** When the host runs out of memory the kernel ends sessions before anything else; see docs/decisions/0026. */
const OOM_SCORE = 900

/** A folder in the session's own memory, at most half of it; programs may be built and run there. */
function scratch({ memoryBytes }: ContainerLimits): string {
  return `rw,exec,nosuid,nodev,mode=1777,size=${Math.floor(memoryBytes / 2)}`
}

const DRIVER_CAPABILITIES = ['compute', 'utility']

/** Exactly one device, by UUID: an index can change after a fault or a reboot. */
function deviceRequests(gpuMode: GpuMode, uuid: string | null) {
  if (gpuMode === 'simulated') return []
  if (uuid === null) throw new Error('A GPU without a UUID was handed out.')
  const capabilities = ['gpu', ...DRIVER_CAPABILITIES]
  return [{ Driver: '', Count: 0, DeviceIDs: [uuid], Capabilities: [capabilities], Options: {} }]
}
