import { GPU_MODES, UPLOAD_MAX_BYTES_DEFAULT, UPLOAD_MAX_BYTES_RANGE } from '@medforge/contracts'
import { CONTROL_ADDRESSES } from './compose-values.ts'
import {
  absolutePath,
  boolean,
  byteSize,
  choice,
  decimal,
  httpUrl,
  integer,
  text,
} from './kinds.ts'
import { setting } from './setting.ts'

const BOTH = ['server', 'reconciler'] as const

export const SESSIONS = {
  GPU_MODE: setting(choice(GPU_MODES), {
    description:
      'nvidia: a session gets a real GPU or the answer "No GPUs available.". simulated: a trial host without NVIDIA hardware; sessions get no device and the pages show it. Found out by `./medforge up` while it is empty, and recorded here.',
    default: 'nvidia',
    example: '',
    setBy: 'operator-or-up',
    readBy: BOTH,
  }),
  PUBLIC_SESSIONS_NETWORK: setting(
    text('the name of a Docker network', (value) => /^[a-z0-9][a-z0-9_.-]*$/i.test(value)),
    {
      description: 'Network that sessions are attached to.',
      default: 'medforge-public-sessions',
      setBy: 'fixed',
      readBy: ['reconciler'],
    },
  ),
  PROBE_URL: setting(httpUrl, {
    description:
      "Caddy's internal listener, through which the reconciler asks whether a session's IDE answers.",
    ifWrong: 'Every launch fails when its time is up.',
    default: `http://${CONTROL_ADDRESSES.caddy}:8081`,
    setBy: 'operator',
    readBy: ['reconciler'],
  }),
  WORKSPACE_ZFS_ROOT: setting(
    text('a ZFS dataset such as tank/medforge/workspaces', (value) =>
      /^[a-z0-9][a-z0-9_-]*(\/[a-z0-9][a-z0-9_-]*)+$/i.test(value),
    ),
    {
      description: 'Parent of every workspace: `<root>/<user_id>/<session_id>`.',
      default: 'tank/medforge/workspaces',
      setBy: 'fixed',
      readBy: BOTH,
    },
  ),
  SESSION_WORKSPACE_QUOTA_GB: setting(integer(1, 100_000), {
    description:
      'Room for one workspace in GiB; while it is empty, what its person has left of PERSON_QUOTA_GB.',
    default: null,
    setBy: 'operator',
    readBy: ['server'],
  }),
  PERSON_QUOTA_GB: setting(integer(1, 1_000_000), {
    description:
      'What the workspaces and snapshots of one person may use in GiB before a further launch is refused; a twentieth of the pool, and at least 10, while it is empty. `./medforge users limit` gives somebody another.',
    default: null,
    setBy: 'operator',
    readBy: ['server', 'cli'],
  }),
  LAUNCHES_PER_HOUR: setting(integer(1, 1_000_000), {
    description: 'Sessions that one person may launch within an hour.',
    default: '60',
    setBy: 'operator',
    readBy: ['server'],
  }),
  SESSION_POLL_INTERVAL_SECONDS: setting(integer(1, 3600), {
    description: 'The reconciler looks at every active session this often.',
    default: '5',
    setBy: 'operator',
    readBy: BOTH,
  }),
  SESSION_POLL_BACKOFF_MAX_SECONDS: setting(integer(1, 86_400), {
    description: 'While looking at a session fails, the interval grows to this.',
    default: '300',
    setBy: 'operator',
    readBy: BOTH,
  }),
  SESSION_RECOVERY_ENABLED: setting(boolean, {
    description:
      'false switches the passes at boot and on a timer off; create and stop still work.',
    default: 'true',
    setBy: 'operator',
    readBy: BOTH,
  }),
  SESSION_CONTAINER_START_TIMEOUT_SECONDS: setting(integer(1, 3600), {
    description: 'A start that takes longer has failed.',
    default: '120',
    setBy: 'operator',
    readBy: [...BOTH, 'cli'],
  }),
  SESSION_CONTAINER_STOP_TIMEOUT_SECONDS: setting(integer(1, 3600), {
    description: 'A stop that takes longer has failed.',
    default: '60',
    setBy: 'operator',
    readBy: [...BOTH, 'cli'],
  }),
  SESSION_CPU_LIMIT: setting(decimal(0.1, 1024), {
    description: "CPUs of one session's container; SESSION_CPU_SHARE while it is empty.",
    ifWrong: 'Docker refuses more CPUs than the host has, and every launch fails.',
    default: null,
    setBy: 'operator',
    readBy: ['reconciler', 'cli'],
  }),
  SESSION_MEM_LIMIT: setting(byteSize, {
    description:
      "Memory of one session's container, more is ended by the kernel; SESSION_MEM_SHARE while it is empty.",
    ifWrong:
      'Sessions that fill it together leave the host without memory, and the kernel ends some of them.',
    default: null,
    setBy: 'operator',
    readBy: ['reconciler', 'cli'],
  }),
  SESSION_SHM_SIZE: setting(byteSize, {
    description:
      "Size of /dev/shm in one session's container, which data loaders use; a quarter of its memory while it is empty.",
    default: null,
    setBy: 'operator',
    readBy: ['reconciler'],
  }),
  SESSION_CPU_SHARE: setting(decimal(0.1, 1024), {
    description: "This host's CPUs for one GPU, and at least two.",
    default: '2',
    example: '',
    setBy: 'up',
    readBy: ['reconciler'],
  }),
  SESSION_MEM_SHARE: setting(byteSize, {
    description:
      "This host's memory for one GPU, without what the platform and ZFS's cache need, and at least 2 GiB.",
    default: '2g',
    example: '',
    setBy: 'up',
    readBy: ['reconciler'],
  }),
  SESSION_PIDS_LIMIT: setting(integer(64, 1_000_000), {
    description: "Processes and threads of one session's container.",
    default: '2048',
    setBy: 'operator',
    readBy: ['reconciler'],
  }),
}

const { min, max } = UPLOAD_MAX_BYTES_RANGE

export const COMPETITIONS = {
  SUBMISSION_UPLOAD_MAX_BYTES: setting(integer(min, max, 'bytes'), {
    description: `Largest submission in bytes, at most ${max / 1024 ** 2} MiB: Caddy waits ten minutes for a body, and a larger one at the slowest pace that is let go on, after its wait in line, would take longer.`,
    default: String(UPLOAD_MAX_BYTES_DEFAULT),
    setBy: 'operator',
    readBy: ['server', 'cli'],
  }),
  SUBMISSIONS_DIR: setting(absolutePath, {
    description: 'Where uploads are kept, on the host and in the containers alike.',
    default: '/var/lib/medforge/submissions',
    instead: 'for another disk, mount it there',
    setBy: 'fixed',
    readBy: ['server', 'worker'],
  }),
  COMPETITIONS_PUBLIC_DIR: setting(absolutePath, {
    description:
      'Public parts of imported competitions; written by `./medforge competition import`, read by everybody.',
    default: '/var/lib/medforge/competitions/public',
    instead: 'for another disk, mount it there',
    setBy: 'fixed',
    readBy: ['server', 'worker'],
  }),
  COMPETITIONS_DATA_DIR: setting(absolutePath, {
    description: 'Hidden holdouts; readable by root and the scoring worker alone.',
    default: '/var/lib/medforge/competitions/hidden',
    instead: 'for another disk, mount it there',
    setBy: 'fixed',
    readBy: ['worker'],
  }),
  AUTO_SCORE_ON_SUBMIT: setting(boolean, {
    description:
      'true: an upload waits up to ten seconds for its score. false: it answers "queued".',
    default: 'true',
    setBy: 'operator',
    readBy: ['server'],
  }),
}
