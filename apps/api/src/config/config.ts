import { isIP } from 'node:net'
import {
  GPU_MODES,
  type GpuMode,
  SIGNUP_MODES,
  type SignupMode,
  UPLOAD_MAX_BYTES_DEFAULT,
  UPLOAD_MAX_BYTES_RANGE,
} from '@medforge/contracts'
import { type FailpointSettings, parseFailpoints } from '../lib/failpoints.ts'
import { LOG_LEVELS, type LogLevel } from '../lib/logger.ts'
import type { Env } from './env.ts'
import { type ConfigReader, createConfigReader } from './reader.ts'

/** Kept apart from the configuration, so that logging a configuration can never log one of these. */
export type Secrets = { databaseUrl: string }
export type ServerSecrets = Secrets & { sessionSecret: string }

export type CommonConfig = {
  domain: string
  logLevel: LogLevel
  /** Null outside of tests. */
  failpoints: FailpointSettings
}

/** What the server and the reconciler must agree on about sessions. */
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
  submissions: {
    uploadMaxBytes: number
    dir: string
    autoScoreOnSubmit: boolean
    /** Imported public parts of the competitions. */
    bundlesDir: string
  }
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
  /** Null: no quota. */
  workspaceQuotaGb: number | null
  limits: { cpus: number; memoryBytes: number; shmBytes: number; pids: number }
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
  const read = createConfigReader(env)
  const common = readCommon(read)
  const config: ServerConfig = {
    ...common,
    port: read.integer('API_PORT', { min: 1, max: 65535, fallback: 8000 }),
    trustedProxies: read
      .text('TRUSTED_PROXIES', 'IP addresses, separated by commas', isAddressList, '172.30.1.2')
      .split(',')
      .map((address) => address.trim()),
    cookieDomain: read.text(
      'COOKIE_DOMAIN',
      '.medforge.<DOMAIN>',
      (value) => value === `.medforge.${common.domain}`,
      `.medforge.${common.domain}`,
    ),
    auth: readAuth(read),
    sessions: readSessions(read),
    submissions: {
      uploadMaxBytes: read.integer('SUBMISSION_UPLOAD_MAX_BYTES', {
        ...UPLOAD_MAX_BYTES_RANGE,
        fallback: UPLOAD_MAX_BYTES_DEFAULT,
      }),
      dir: readDir(read, 'SUBMISSIONS_DIR', '/var/lib/medforge/submissions'),
      bundlesDir: readPublicDir(read),
      autoScoreOnSubmit: read.boolean('AUTO_SCORE_ON_SUBMIT', true),
    },
  }
  const secrets: ServerSecrets = {
    ...readSecrets(read),
    sessionSecret: read.text(
      'SESSION_SECRET',
      'at least 32 random characters, such as the output of: openssl rand -base64 48',
      isRealSecret,
    ),
  }
  read.finish()
  return { config, secrets }
}

/** @throws ConfigError naming every variable that is missing or wrong */
export function parseReconcilerConfig(env: Env): Parsed<ReconcilerConfig> {
  const read = createConfigReader(env)
  const config: ReconcilerConfig = {
    ...readCommon(read),
    sessions: readSessions(read),
    loginIdleTtlSeconds: readIdleTtl(read),
    sessionsNetwork: read.text(
      'PUBLIC_SESSIONS_NETWORK',
      'the name of a Docker network',
      (value) => /^[a-z0-9][a-z0-9_.-]*$/i.test(value),
      'medforge-public-sessions',
    ),
    workspaceQuotaGb: read.optionalInteger('SESSION_WORKSPACE_QUOTA_GB', { min: 1, max: 100_000 }),
    limits: {
      cpus: read.decimal('SESSION_CPU_LIMIT', { min: 0.1, max: 1024, fallback: 2 }),
      memoryBytes: read.bytes('SESSION_MEM_LIMIT', '8g'),
      shmBytes: read.bytes('SESSION_SHM_SIZE', '2g'),
      pids: read.integer('SESSION_PIDS_LIMIT', { min: 64, max: 1_000_000, fallback: 2048 }),
    },
    probeUrl: read.text('PROBE_URL', 'an http URL', isHttpUrl, 'http://172.30.1.2:8081'),
    helperImage: readImage(read, 'API_IMAGE'),
  }
  const secrets = readSecrets(read)
  read.finish()
  return { config, secrets }
}

/** @throws ConfigError naming every variable that is missing or wrong */
export function parseWorkerConfig(env: Env): Parsed<WorkerConfig> {
  const read = createConfigReader(env)
  const config: WorkerConfig = {
    ...readCommon(read),
    submissionsDir: readDir(read, 'SUBMISSIONS_DIR', '/var/lib/medforge/submissions'),
    competitionsPublicDir: readPublicDir(read),
    competitionsDataDir: readDir(
      read,
      'COMPETITIONS_DATA_DIR',
      '/var/lib/medforge/competitions/hidden',
    ),
  }
  const secrets = readSecrets(read)
  read.finish()
  return { config, secrets }
}

function readPublicDir(read: ConfigReader): string {
  return readDir(read, 'COMPETITIONS_PUBLIC_DIR', '/var/lib/medforge/competitions/public')
}

function readCommon(read: ConfigReader): CommonConfig {
  return {
    domain: read.text('DOMAIN', 'a lower-case DNS name such as example.org', isDomain),
    logLevel: read.choice('MEDFORGE_LOG_LEVEL', LOG_LEVELS, 'info'),
    failpoints: readFailpoints(read),
  }
}

/** Refused in production unless a second variable says that it is meant. */
function readFailpoints(read: ConfigReader): FailpointSettings {
  const isMeant = read.text('MEDFORGE_FAILPOINTS_IN_PRODUCTION', '1 or nothing', isFlag, '') === '1'
  const isProduction = read.text('NODE_ENV', 'a word', () => true, 'development') === 'production'
  const isAllowed = isMeant || !isProduction
  const setting = read.text(
    'MEDFORGE_FAILPOINTS',
    isAllowed
      ? 'known failpoints as name=action, separated by commas (docs/contributing.md)'
      : 'nothing: failpoints make this process fail, and NODE_ENV is production. MEDFORGE_FAILPOINTS_IN_PRODUCTION=1 allows them on a test host',
    (value) => value === '' || (isAllowed && parseFailpoints(value) !== undefined),
    '',
  )
  const rules = parseFailpoints(setting)
  if (!rules) return null
  const folder = rules.some((rule) => rule.isOnce)
    ? readDir(read, 'MEDFORGE_FAILPOINTS_DIR')
    : '/nonexistent'
  return { rules, folder }
}

function readIdleTtl(read: ConfigReader): number {
  return read.integer('AUTH_IDLE_TTL_SECONDS', {
    min: 120,
    max: 366 * 86_400,
    fallback: 7 * 86_400,
  })
}

function readAuth(read: ConfigReader): AuthConfig {
  return {
    idleTtlSeconds: readIdleTtl(read),
    maxTtlSeconds: read.integer('AUTH_MAX_TTL_SECONDS', {
      min: 120,
      max: 366 * 86_400,
      fallback: 30 * 86_400,
    }),
    signupMode: read.choice('SIGNUP_MODE', SIGNUP_MODES, 'open'),
    rateLimit: {
      max: read.integer('AUTH_RATE_LIMIT', { min: 1, max: 1_000_000, fallback: 10 }),
      windowSeconds: read.integer('AUTH_RATE_WINDOW_SECONDS', {
        min: 1,
        max: 86_400,
        fallback: 60,
      }),
    },
  }
}

function readSessions(read: ConfigReader): SessionsConfig {
  return {
    gpuMode: read.choice('GPU_MODE', GPU_MODES, 'nvidia'),
    packImage: readImage(read, 'PACK_IMAGE'),
    workspaceZfsRoot: read.text(
      'WORKSPACE_ZFS_ROOT',
      'a ZFS dataset such as tank/medforge/workspaces',
      (value) => /^[a-z0-9][a-z0-9_-]*(\/[a-z0-9][a-z0-9_-]*)+$/i.test(value),
      'tank/medforge/workspaces',
    ),
    startTimeoutSeconds: read.integer('SESSION_CONTAINER_START_TIMEOUT_SECONDS', {
      min: 1,
      max: 3600,
      fallback: 120,
    }),
    stopTimeoutSeconds: read.integer('SESSION_CONTAINER_STOP_TIMEOUT_SECONDS', {
      min: 1,
      max: 3600,
      fallback: 60,
    }),
    recoveryEnabled: read.boolean('SESSION_RECOVERY_ENABLED', true),
    pollIntervalSeconds: read.integer('SESSION_POLL_INTERVAL_SECONDS', {
      min: 1,
      max: 3600,
      fallback: 5,
    }),
    pollBackoffMaxSeconds: read.integer('SESSION_POLL_BACKOFF_MAX_SECONDS', {
      min: 1,
      max: 86_400,
      fallback: 300,
    }),
  }
}

function readSecrets(read: ConfigReader): Secrets {
  return {
    databaseUrl: read.text(
      'DATABASE_URL',
      'mysql://user:password@host:port/medforge',
      isDatabaseUrl,
    ),
  }
}

function readImage(read: ConfigReader, name: string): string {
  const isPinned = (value: string) => /^[^\s@]+@sha256:[0-9a-f]{64}$/.test(value)
  return read.text(name, 'an image pinned by digest: name@sha256:<64 hex digits>', isPinned)
}

function readDir(read: ConfigReader, name: string, fallback?: string): string {
  return read.text(name, 'an absolute path', (value) => value.startsWith('/'), fallback)
}

function isDomain(value: string): boolean {
  return (
    value.length <= 200 &&
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(value)
  )
}

const isFlag = (value: string) => value === '' || value === '1'

function isAddressList(value: string): boolean {
  return value.split(',').every((address) => isIP(address.trim()) !== 0)
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && new URL(value).protocol === 'http:'
}

function isDatabaseUrl(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, pathname } = new URL(value)
  return protocol === 'mysql:' && pathname.length > 1
}

// Words of the placeholders that people copy from examples; chance makes none of them in a random secret.
const PLACEHOLDER = /change|replace|example|placeholder|default|secret|password/i

function isRealSecret(value: string): boolean {
  return value.length >= 32 && new Set(value).size >= 10 && !PLACEHOLDER.test(value)
}
