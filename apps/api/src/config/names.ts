/**
 * The variables that each process reads, and so the only ones that the supervisor hands to it: the server never holds the
 * reconciler's database password, the reconciler never holds the key of the login cookies.
 */

const COMMON = ['DOMAIN', 'MEDFORGE_LOG_LEVEL', 'DATABASE_URL', 'DATABASE_URL_FILE'] as const

const SESSIONS = [
  // How long a login lasts without a request is how long its sockets do.
  'AUTH_IDLE_TTL_SECONDS',
  'GPU_MODE',
  'PACK_IMAGE',
  'WORKSPACE_ZFS_ROOT',
  'SESSION_CONTAINER_START_TIMEOUT_SECONDS',
  'SESSION_CONTAINER_STOP_TIMEOUT_SECONDS',
  'SESSION_RECOVERY_ENABLED',
  'SESSION_POLL_INTERVAL_SECONDS',
  'SESSION_POLL_BACKOFF_MAX_SECONDS',
] as const

export const SERVER_VARIABLES: readonly string[] = [
  ...COMMON,
  ...SESSIONS,
  'API_PORT',
  'TRUSTED_PROXIES',
  'COOKIE_DOMAIN',
  'SESSION_SECRET',
  'SESSION_SECRET_FILE',
  'SIGNUP_MODE',
  'AUTH_MAX_TTL_SECONDS',
  'AUTH_RATE_LIMIT',
  'AUTH_RATE_WINDOW_SECONDS',
  'SUBMISSION_UPLOAD_MAX_BYTES',
  'SUBMISSIONS_DIR',
  'COMPETITIONS_PUBLIC_DIR',
  'AUTO_SCORE_ON_SUBMIT',
]

export const RECONCILER_VARIABLES: readonly string[] = [
  ...COMMON,
  ...SESSIONS,
  'API_IMAGE',
  'PUBLIC_SESSIONS_NETWORK',
  'PROBE_URL',
  'SESSION_WORKSPACE_QUOTA_GB',
  'SESSION_CPU_LIMIT',
  'SESSION_MEM_LIMIT',
  'SESSION_SHM_SIZE',
  'SESSION_PIDS_LIMIT',
]

export const WORKER_VARIABLES: readonly string[] = [
  ...COMMON,
  'SUBMISSIONS_DIR',
  'COMPETITIONS_PUBLIC_DIR',
  'COMPETITIONS_DATA_DIR',
]

/** Failpoints: for tests only, so no setting of an installation. The reconciler and the server both get them. */
export const FAILPOINT_VARIABLES: readonly string[] = [
  'MEDFORGE_FAILPOINTS',
  'MEDFORGE_FAILPOINTS_DIR',
  'MEDFORGE_FAILPOINTS_IN_PRODUCTION',
]

/** What Node and the programs that it starts need, whatever the process. */
export const RUNTIME_VARIABLES: readonly string[] = [
  'PATH',
  'HOME',
  'TZ',
  'LANG',
  'NODE_ENV',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
]
