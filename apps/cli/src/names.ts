/** Names, addresses and places that the whole platform relies on; fixed by contract, so they are constants and not settings. */
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
    name: 'medforge-public-sessions',
    subnet: '172.30.0.0/24',
    range: '172.30.0.128/25',
  },
  privateSessions: {
    name: 'medforge-private-sessions',
    subnet: '172.30.2.0/24',
    range: '172.30.2.128/25',
  },
} as const

export const FIXED_ADDRESSES = {
  caddyOnSessions: '172.30.0.2',
  apiOnSessions: '172.30.0.3',
  db: '172.30.1.5',
} as const

export const POOL = 'tank'
export const POOL_MOUNT = '/tank'
export const WORKSPACES = 'tank/medforge/workspaces'
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

/** State of the installation that must not be lost. */
export const STATE = '/var/lib/medforge'
export const POOL_FILE = `${STATE}/tank.img`
export const SUBMISSIONS = `${STATE}/submissions`
export const PUBLIC_BUNDLES = `${STATE}/competitions/public`
export const HIDDEN_HOLDOUTS = `${STATE}/competitions/hidden`
export const HOLDOUT_SEED_FILE = `${STATE}/competitions/holdout-seed`
export const CADDY_DATA = `${STATE}/caddy`
export const TLS_FILES = `${STATE}/tls`
export const CADDY_ROOT_CERTIFICATE = `${CADDY_DATA}/caddy/pki/authorities/local/root.crt`
export const LOGS = '/var/log/medforge'
/** For the commands that change competitions: they may wait for a person, and must not keep `up` from running meanwhile. */
export const COMPETITION_LOCK_FILE = '/run/lock/medforge-competition.lock'
export const LOCK_FILE = '/run/lock/medforge.lock'

export const REGISTRY_PORT = 5055
export const LOCAL_REGISTRY = `127.0.0.1:${REGISTRY_PORT}/`
