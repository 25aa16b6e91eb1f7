import { CONTROL_ADDRESSES, optionalReference } from './compose-values.ts'
import { absolutePath, anyText, choice, flag, httpUrl, integer } from './kinds.ts'
import { setting } from './setting.ts'

const PROCESSES = ['server', 'reconciler', 'worker'] as const

export const HOST = {
  MEDFORGE_LOG_LEVEL: setting(
    choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    {
      description:
        'The least severe lines that server, reconciler and worker log: trace, debug, info, warn, error, fatal or silent (none).',
      default: 'info',
      setBy: 'operator',
      readBy: PROCESSES,
    },
  ),
  POOL_SIZE_GB: setting(integer(1, 100_000), {
    description:
      'Size in GiB of the sparse file that holds the pool on a host that has no pool named tank; read when `./medforge up` makes the pool.',
    default: '20',
    setBy: 'operator',
    readBy: ['cli'],
  }),
  PLATFORM_OOM_SCORE: setting(choice(['0', '-500']), {
    description:
      "Score by which the kernel spares the platform's containers when the host runs out of memory: -500, or 0 where the host does not let a score be lowered.",
    default: '0',
    setBy: 'up',
    readBy: ['compose'],
  }),
  COMPOSE_FILE: setting(anyText, {
    description: 'The compose files of this host; the second one is for its kind of ZFS.',
    default: 'docker-compose.yml:docker-compose.zfs-fuse.yml',
    setBy: 'up',
    readBy: ['compose', 'cli'],
  }),
}

/** What the compose file itself gives to a container. */
export const CONTAINERS_ONLY = {
  API_INTERNAL_URL: setting(httpUrl, {
    description: 'Where the web server finds the API on the control network.',
    default: `http://${CONTROL_ADDRESSES.api}:8000`,
    setBy: 'compose',
    readBy: ['web'],
  }),
  HOSTNAME: setting(anyText, {
    description: 'Address on which Next.js listens.',
    default: '0.0.0.0',
    setBy: 'compose',
    readBy: ['web'],
  }),
  PORT: setting(integer(1, 65_535), {
    description: 'Port on which Next.js listens.',
    default: '3000',
    setBy: 'compose',
    readBy: ['web'],
  }),
  XDG_DATA_HOME: setting(absolutePath, {
    description: 'Where Caddy keeps certificates and its authority.',
    default: '/data',
    setBy: 'compose',
    readBy: ['caddy'],
  }),
  XDG_CONFIG_HOME: setting(absolutePath, {
    description: 'Where Caddy keeps the last configuration that it loaded.',
    default: '/tmp',
    setBy: 'compose',
    readBy: ['caddy'],
  }),
  HOME: setting(absolutePath, {
    description: "The root file system is read-only, so that Caddy's home is here.",
    default: '/tmp',
    setBy: 'compose',
    readBy: ['caddy'],
  }),
  GOMEMLIMIT: setting(anyText, {
    description:
      "At how much memory Caddy collects harder what it no longer needs; below the container's limit, at which the kernel ends it.",
    default: '400MiB',
    setBy: 'compose',
    readBy: ['caddy'],
  }),
  CADDY_CONFIG_SHA256: setting(anyText, {
    description:
      'Hash over deploy/caddy, from `./medforge up`. It changes with a file there, so that compose recreates this container and no other.',
    default: null,
    setBy: 'compose',
    readBy: ['caddy'],
    containers: { caddy: { CADDY_CONFIG_SHA256: optionalReference('CADDY_CONFIG_SHA256') } },
  }),
}

export const DEVELOPMENT = {
  API_PORT: setting(integer(1, 65_535), {
    description: 'Port on which the server listens.',
    default: '8000',
    setBy: 'development',
    readBy: ['server'],
  }),
  NODE_ENV: setting(anyText, {
    description: 'production in the images, where failpoints are refused.',
    default: 'development',
    setBy: 'development',
    readBy: PROCESSES,
  }),
  MEDFORGE_FAILPOINTS: setting(anyText, {
    description: 'Failpoints that act, as name=action, separated by commas (docs/contributing.md).',
    default: '',
    setBy: 'development',
    readBy: PROCESSES,
  }),
  MEDFORGE_FAILPOINTS_DIR: setting(absolutePath, {
    description: 'Where failpoints that act once leave their marks; they need it.',
    default: null,
    setBy: 'development',
    readBy: PROCESSES,
  }),
  MEDFORGE_FAILPOINTS_IN_PRODUCTION: setting(flag, {
    description: 'Allows failpoints where NODE_ENV is production, on a test host.',
    default: '',
    setBy: 'development',
    readBy: PROCESSES,
  }),
}
