import { SETTINGS } from '@medforge/core/settings'

/** Names, addresses and paths that the whole platform relies on; constants, because the contract fixes them. */
export const PROJECT = 'medforge'

export const CONTAINERS = {
  db: 'medforge-db',
  api: 'medforge-api',
  'api-worker': 'medforge-api-worker',
  web: 'medforge-web',
  caddy: 'medforge-caddy',
} as const

export type ServiceName = keyof typeof CONTAINERS
export const SERVICES = Object.keys(CONTAINERS) as ServiceName[]

export const NETWORKS = {
  control: { name: 'medforge-control', subnet: '172.30.1.0/24', range: '172.30.1.128/25' },
  publicSessions: {
    name: SETTINGS.PUBLIC_SESSIONS_NETWORK.default,
    subnet: '172.30.0.0/24',
    range: '172.30.0.128/25',
  },
  privateSessions: {
    name: 'medforge-private-sessions',
    subnet: '172.30.2.0/24',
    range: '172.30.2.128/25',
  },
} as const

export const SESSION_NETWORK_ADDRESSES = {
  caddy: '172.30.0.2',
  api: '172.30.0.3',
} as const

export const POOL = 'tank'
export const POOL_MOUNT = '/tank'
export const WORKSPACES = SETTINGS.WORKSPACE_ZFS_ROOT.default
/** Oldest parent first; `up` creates what is missing in this order. */
export const DATASETS = [
  'tank/medforge',
  WORKSPACES,
  'tank/medforge/system',
  'tank/medforge/system/db',
] as const
export const DB_DATA = '/tank/medforge/system/db'

/** Users inside the containers. Never 1000: that one owns every workspace. */
export const UIDS = { server: 10001, worker: 10002, caddy: 10003, db: 10004, web: 10005 } as const

/** State of the installation, which only `down --purge` removes. */
export const STATE = '/var/lib/medforge'
export const POOL_FILE = `${STATE}/tank.img`
export const SUBMISSIONS = SETTINGS.SUBMISSIONS_DIR.default
export const PUBLIC_BUNDLES = SETTINGS.COMPETITIONS_PUBLIC_DIR.default
export const HIDDEN_HOLDOUTS = SETTINGS.COMPETITIONS_DATA_DIR.default
export const HOLDOUT_SEED_FILE = `${STATE}/competitions/holdout-seed`
export const CADDY_DATA = `${STATE}/caddy`
export const TLS_FILES = `${STATE}/tls`
export const CADDY_ROOT_CERTIFICATE = `${CADDY_DATA}/caddy/pki/authorities/local/root.crt`
export const LOGS = '/var/log/medforge'
/** For the commands that change competitions: they may wait for a person, and `up` runs meanwhile. */
export const COMPETITION_LOCK_FILE = '/run/medforge/competition.lock'
export const LOCK_FILE = '/run/medforge/lock'

export const REGISTRY_PORT = 5055
export const LOCAL_REGISTRY = `127.0.0.1:${REGISTRY_PORT}/`
