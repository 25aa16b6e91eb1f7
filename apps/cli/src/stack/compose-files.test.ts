import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CONTAINERS, NETWORKS } from '../names.ts'
import { parseEnv } from './env-file.ts'

const read = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8')

const compose = read('deploy/compose/docker-compose.yml')
const example = parseEnv(read('deploy/compose/.env.example'))

/** Settings by which operators, tests and other programs know an installation: none of them goes or changes its name. */
const PROMISED = [
  ...['DOMAIN', 'PACK_IMAGE', 'NEXT_PUBLIC_API_URL', 'COOKIE_DOMAIN', 'PUBLIC_SESSIONS_NETWORK'],
  ...['WORKSPACE_ZFS_ROOT', 'SESSION_SECRET', 'DATABASE_URL', 'AUTH_IDLE_TTL_SECONDS'],
  ...['AUTH_MAX_TTL_SECONDS', 'SESSION_POLL_INTERVAL_SECONDS', 'SESSION_POLL_BACKOFF_MAX_SECONDS'],
  ...['SESSION_RECOVERY_ENABLED', 'SESSION_WORKSPACE_QUOTA_GB', 'SESSION_CPU_LIMIT'],
  ...['SESSION_CONTAINER_START_TIMEOUT_SECONDS', 'SESSION_CONTAINER_STOP_TIMEOUT_SECONDS'],
  ...['SESSION_MEM_LIMIT', 'SESSION_SHM_SIZE', 'SESSION_PIDS_LIMIT', 'SUBMISSION_UPLOAD_MAX_BYTES'],
  ...[
    'SUBMISSIONS_DIR',
    'COMPETITIONS_DATA_DIR',
    'AUTO_SCORE_ON_SUBMIT',
    'GPU_MODE',
    'SIGNUP_MODE',
  ],
  ...['TRUSTED_PROXIES', 'AUTH_RATE_LIMIT', 'AUTH_RATE_WINDOW_SECONDS', 'EDGE_BIND_ADDRESS'],
  ...['TLS_MODE', 'PROBE_URL', 'API_IMAGE', 'MEDFORGE_LOG_LEVEL'],
]

/** Names whose value compose takes from `.env`: `${NAME}` anywhere, or a key of `environment` without a value. */
function namesFromEnv(text: string): string[] {
  const used = [...text.matchAll(/\$\{([A-Z0-9_]+)/g), ...text.matchAll(/^ {6}([A-Z0-9_]+):$/gm)]
  return [...new Set(used.map(([, name = '']) => name))]
}

/** Names that a configuration module asks its reader for. */
function namesRead(source: string): string[] {
  return [
    ...source.matchAll(/(?:read\.\w+|readDir|readImage)\(\s*(?:read,\s*)?'([A-Z0-9_]+)'/g),
  ].map(([, name = '']) => name)
}

/** The lines of one service. */
function service(name: string): string {
  const [, rest = ''] = compose.split(new RegExp(`^ {2}${name}:$`, 'm'))
  return rest.split(/^ {0,2}\S.*:$/m)[0] ?? ''
}

describe('deploy/compose/.env.example', () => {
  test.each(PROMISED)('explains %s', (name) => {
    expect(example).toHaveProperty(name)
  })

  test('has every setting that compose reads', () => {
    const made = ['CADDY_CONFIG_SHA256'] // computed for each run
    expect(
      namesFromEnv(compose).filter((name) => !(name in example) && !made.includes(name)),
    ).toEqual([])
  })

  test('has every setting that the API reads, and compose hands it over', () => {
    const fixed = ['API_PORT', 'DATABASE_URL'] // a default, and one that each container gets as its own
    const names = namesRead(read('apps/api/src/config/config.ts'))
    expect(names.length).toBeGreaterThan(20)
    const given = new Set(namesFromEnv(compose))
    // Failpoints, and the word that refuses them in production, are no settings of an installation.
    const isSetting = (name: string) => !fixed.includes(name) && !/FAILPOINTS|^NODE_ENV$/.test(name)
    for (const name of names.filter(isSetting)) {
      expect(example, name).toHaveProperty(name)
      expect(given, name).toContain(name)
    }
  })

  test('holds no secret', () => {
    const filled = Object.entries(example).filter(
      ([name, value]) => /SECRET|PASSWORD|DATABASE_URL/.test(name) && value !== '',
    )
    expect(filled).toEqual([])
  })
})

describe('deploy/compose/docker-compose.yml', () => {
  test('has the five containers and the three networks', () => {
    for (const container of Object.values(CONTAINERS)) {
      expect(compose).toContain(`container_name: ${container}`)
    }
    for (const { name, subnet, range } of Object.values(NETWORKS)) {
      expect(compose).toContain(`name: ${name}\n`)
      expect(compose).toContain(`{ subnet: ${subnet}, ip_range: ${range} }`)
    }
  })

  test('starts every container from nothing: no capability, no privilege, no writable root', () => {
    expect(compose).not.toMatch(/^\s*privileged:/m)
    expect(compose.match(/<<: \*defaults/g)).toHaveLength(5)
    const defaults = compose.slice(compose.indexOf('x-defaults'), compose.indexOf('services:'))
    expect(defaults).toContain('cap_drop: [ALL]')
    expect(defaults).toContain('no-new-privileges:true')
    expect(defaults).toContain('read_only: true')
  })

  test('gives the Docker socket to the API alone, and the holdouts to the worker alone', () => {
    expect(service('api')).toContain('/var/run/docker.sock')
    expect(service('api')).toContain('/tank:/tank:rshared')
    expect(service('api-worker')).toContain('competitions/hidden')
    expect(compose.match(/- \/var\/run\/docker\.sock/g)).toHaveLength(1)
    expect(compose.match(/- \/var\/lib\/medforge\/competitions\/hidden/g)).toHaveLength(1)
  })

  test('publishes ports of Caddy alone, on the address of the settings', () => {
    expect(compose.match(/^ {4}ports:/gm)).toHaveLength(1)
    expect(service('caddy')).toMatch(/\$\{EDGE_BIND_ADDRESS[^}]*\}:443:443/)
  })

  test('runs nothing as user 1000, who owns every workspace', () => {
    expect(compose).not.toMatch(/user: "1000[:"]/)
  })
})
