import type { GpuMode, SignupMode } from '@medforge/contracts'
import { createSettingsReader, type Env, type SettingsReader } from '@medforge/core/settings'
import { type FailpointSettings, parseFailpoints } from '../lib/failpoints.ts'
import type { LogLevel } from '../lib/logger.ts'

/** Kept apart from the configuration, so that logging a configuration can never log one of these. */
export type Secrets = { databaseUrl: string }
export type ServerSecrets = Secrets & { sessionSecret: string }

export type CommonConfig = {
  domain: string
  logLevel: LogLevel
  /** Null outside of tests. */
  failpoints: FailpointSettings
}

/** What the server and the reconciler share about sessions. */
export type SessionsConfig = {
  gpuMode: GpuMode
  /** `name@sha256:…` */
  packImage: string
  /** Dataset below which every workspace lies, such as `tank/medforge/workspaces`. */
  workspaceZfsRoot: string
  startTimeoutSeconds: number
  stopTimeoutSeconds: number
  recoveryEnabled: boolean
  pollIntervalSeconds: number
  pollBackoffMaxSeconds: number
}

export type ServerConfig = CommonConfig & {
  port: number
  /** Addresses whose `X-Forwarded-For` is believed: Caddy's, and nobody else's. */
  trustedProxies: string[]
  cookieDomain: string
  auth: AuthConfig
  sessions: SessionsConfig
  launches: LaunchConfig
  submissions: {
    uploadMaxBytes: number
    dir: string
    autoScoreOnSubmit: boolean
    /** Imported public parts of the competitions. */
    bundlesDir: string
  }
}

/** What bounds the launches of one person. */
export type LaunchConfig = {
  perHour: number
  /** Null: a share of the pool. */
  personQuotaGb: number | null
  /** Null: what the person has left. */
  workspaceQuotaGb: number | null
}

export type AuthConfig = {
  idleTtlSeconds: number
  maxTtlSeconds: number
  signupMode: SignupMode
  /** Sign-up and log-in together, a client address. */
  rateLimit: { max: number; windowSeconds: number }
}

export type ReconcilerConfig = CommonConfig & {
  sessions: SessionsConfig
  /** Seconds after its last request at which a login ends, and with it the sockets that it opened. */
  loginIdleTtlSeconds: number
  /** Docker network that sessions join. */
  sessionsNetwork: string
  /** Of one session; null shared memory: what follows from the memory. */
  limits: { cpus: number; memoryBytes: number; shmBytes: number | null; pids: number }
  /** Caddy's internal listener, through which a session's first answer is awaited. */
  probeUrl: string
  /** Image of the short helper containers; this installation's own API image. */
  helperImage: string
}

export type WorkerConfig = CommonConfig & {
  submissionsDir: string
  /** Imported public parts of the competitions. */
  competitionsPublicDir: string
  /** Hidden parts of the competitions. */
  competitionsDataDir: string
}

export type Parsed<Config, Kept extends Secrets = Secrets> = { config: Config; secrets: Kept }

/** @throws ConfigError naming every variable that is missing or wrong */
export function parseServerConfig(env: Env): Parsed<ServerConfig, ServerSecrets> {
  return parseWith(env, (read) => ({
    config: {
      ...readCommon(read),
      port: read.value('API_PORT'),
      trustedProxies: read.value('TRUSTED_PROXIES'),
      cookieDomain: read.value('COOKIE_DOMAIN'),
      auth: {
        idleTtlSeconds: read.value('AUTH_IDLE_TTL_SECONDS'),
        maxTtlSeconds: read.value('AUTH_MAX_TTL_SECONDS'),
        signupMode: read.value('SIGNUP_MODE'),
        rateLimit: {
          max: read.value('AUTH_RATE_LIMIT'),
          windowSeconds: read.value('AUTH_RATE_WINDOW_SECONDS'),
        },
      },
      sessions: readSessions(read),
      launches: {
        perHour: read.value('LAUNCHES_PER_HOUR'),
        personQuotaGb: read.value('PERSON_QUOTA_GB'),
        workspaceQuotaGb: read.value('SESSION_WORKSPACE_QUOTA_GB'),
      },
      submissions: {
        uploadMaxBytes: read.value('SUBMISSION_UPLOAD_MAX_BYTES'),
        dir: read.value('SUBMISSIONS_DIR'),
        bundlesDir: read.value('COMPETITIONS_PUBLIC_DIR'),
        autoScoreOnSubmit: read.value('AUTO_SCORE_ON_SUBMIT'),
      },
    },
    secrets: {
      databaseUrl: read.value('DATABASE_URL'),
      sessionSecret: read.value('SESSION_SECRET'),
    },
  }))
}

/** @throws ConfigError naming every variable that is missing or wrong */
export function parseReconcilerConfig(env: Env): Parsed<ReconcilerConfig> {
  return parseWith(env, (read) => ({
    config: {
      ...readCommon(read),
      sessions: readSessions(read),
      loginIdleTtlSeconds: read.value('AUTH_IDLE_TTL_SECONDS'),
      sessionsNetwork: read.value('PUBLIC_SESSIONS_NETWORK'),
      limits: {
        cpus: read.value('SESSION_CPU_LIMIT') ?? read.value('SESSION_CPU_SHARE'),
        memoryBytes: read.value('SESSION_MEM_LIMIT') ?? read.value('SESSION_MEM_SHARE'),
        shmBytes: read.value('SESSION_SHM_SIZE'),
        pids: read.value('SESSION_PIDS_LIMIT'),
      },
      probeUrl: read.value('PROBE_URL'),
      helperImage: read.value('API_IMAGE'),
    },
    secrets: { databaseUrl: read.value('DATABASE_URL') },
  }))
}

/** @throws ConfigError naming every variable that is missing or wrong */
export function parseWorkerConfig(env: Env): Parsed<WorkerConfig> {
  return parseWith(env, (read) => ({
    config: {
      ...readCommon(read),
      submissionsDir: read.value('SUBMISSIONS_DIR'),
      competitionsPublicDir: read.value('COMPETITIONS_PUBLIC_DIR'),
      competitionsDataDir: read.value('COMPETITIONS_DATA_DIR'),
    },
    secrets: { databaseUrl: read.value('DATABASE_URL') },
  }))
}

function parseWith<Result>(env: Env, parse: (read: SettingsReader) => Result): Result {
  const read = createSettingsReader(env)
  const result = parse(read)
  read.finish()
  return result
}

function readCommon(read: SettingsReader): CommonConfig {
  return {
    domain: read.value('DOMAIN'),
    logLevel: read.value('MEDFORGE_LOG_LEVEL'),
    failpoints: readFailpoints(read),
  }
}

/** Refused in production unless a second variable allows them. */
function readFailpoints(read: SettingsReader): FailpointSettings {
  const isMeant = read.value('MEDFORGE_FAILPOINTS_IN_PRODUCTION')
  const isAllowed = isMeant || read.value('NODE_ENV') !== 'production'
  const folder = read.value('MEDFORGE_FAILPOINTS_DIR')
  const setting = read.value('MEDFORGE_FAILPOINTS')
  if (setting === '') return null
  const rules = isAllowed ? parseFailpoints(setting) : undefined
  if (!rules) {
    const expected = isAllowed
      ? 'known failpoints as name=action, separated by commas (docs/contributing.md)'
      : 'nothing: failpoints make this process fail, and NODE_ENV is production. MEDFORGE_FAILPOINTS_IN_PRODUCTION=1 allows them on a test host'
    read.refuse('MEDFORGE_FAILPOINTS', expected)
    return null
  }
  if (folder === null && rules.some((rule) => rule.isOnce)) {
    read.refuse('MEDFORGE_FAILPOINTS_DIR', 'an absolute path')
  }
  return { rules, folder: folder ?? '/nonexistent' }
}

function readSessions(read: SettingsReader): SessionsConfig {
  return {
    gpuMode: read.value('GPU_MODE'),
    packImage: read.value('PACK_IMAGE'),
    workspaceZfsRoot: read.value('WORKSPACE_ZFS_ROOT'),
    startTimeoutSeconds: read.value('SESSION_CONTAINER_START_TIMEOUT_SECONDS'),
    stopTimeoutSeconds: read.value('SESSION_CONTAINER_STOP_TIMEOUT_SECONDS'),
    recoveryEnabled: read.value('SESSION_RECOVERY_ENABLED'),
    pollIntervalSeconds: read.value('SESSION_POLL_INTERVAL_SECONDS'),
    pollBackoffMaxSeconds: read.value('SESSION_POLL_BACKOFF_MAX_SECONDS'),
  }
}
