import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { findSetting, type Service, variablesOf } from '@medforge/core/settings'
import { describe, expect, test } from 'vitest'
import { POOL_LOCK_FILE } from '../host/pool-lock.ts'
import { CONTAINERS, NETWORKS } from '../names.ts'
import { parseEnv } from './env-file.ts'

const POOL_LOCK_FOLDER = dirname(POOL_LOCK_FILE)

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

/** Names that a text takes from `.env` by `${NAME}`. */
function referencesIn(text: string): string[] {
  return [...new Set([...text.matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name = '']) => name))]
}

/** The lines of one service. */
function service(name: string): string {
  const [, rest = ''] = compose.split(new RegExp(`^ {2}${name}:$`, 'm'))
  return rest.split(/^ {0,2}\S.*:$/m)[0] ?? ''
}

/** Names of the variables that the compose file gives to a service. */
function variablesOfService(name: Service): string[] {
  const [, block = ''] = /^ {4}environment:\n((?: {6}.*\n)*)/m.exec(service(name)) ?? []
  return [...block.matchAll(/^ {6}([A-Z0-9_]+):/gm)].map(([, variable = '']) => variable)
}

describe('deploy/compose/.env.example', () => {
  test.each(PROMISED)('explains %s', (name) => {
    expect(example).toHaveProperty(name)
  })

  test('has every setting that compose puts into a line', () => {
    const made = ['CADDY_CONFIG_SHA256'] // computed for each run
    const names = referencesIn(compose).filter((name) => !made.includes(name))
    expect(names.length).toBeGreaterThan(10)
    expect(names.filter((name) => !(name in example))).toEqual([])
    expect(names.filter((name) => !findSetting(name)?.readBy.length)).toEqual([])
  })

  test('holds no secret', () => {
    const filled = Object.entries(example).filter(
      ([name, value]) => /SECRET|PASSWORD|DATABASE_URL/.test(name) && value !== '',
    )
    expect(filled).toEqual([])
  })
})

describe('deploy/compose/docker-compose.yml', () => {
  test.each<{ name: Service; variables: string[] }>([
    {
      name: 'api',
      variables: [
        ...variablesOf('server'),
        ...variablesOf('reconciler'),
        ...['SERVER_DATABASE_URL', 'RECONCILER_DATABASE_URL'],
      ].filter((name) => name !== 'DATABASE_URL'),
    },
    { name: 'api-worker', variables: variablesOf('worker') },
    { name: 'web', variables: variablesOf('web') },
    { name: 'caddy', variables: variablesOf('caddy') },
    { name: 'db', variables: variablesOf('db') },
  ])('gives $name exactly the settings that its processes read', ({ name, variables }) => {
    const handedOver = (variable: string) =>
      !variable.endsWith('_FILE') && findSetting(variable)?.setBy !== 'development'
    expect(variablesOfService(name).toSorted()).toEqual(
      [...new Set(variables)].filter(handedOver).toSorted(),
    )
  })

  test('gives no process the database user of another, and no container the administrator', () => {
    const urls = [...compose.matchAll(/^ {6}(\w*DATABASE_URL): mysql:\/\/(\w+):/gm)]
    expect(urls.map(([, name, user]) => [name, user])).toEqual([
      ['SERVER_DATABASE_URL', 'medforge_server'],
      ['RECONCILER_DATABASE_URL', 'medforge_reconciler'],
      ['DATABASE_URL', 'medforge_worker'],
    ])
  })

  test('gives the web server and Caddy what their own files ask for', () => {
    const web = [...read('apps/web/config/env.ts').matchAll(/(?<!process\.)\benv\.([A-Z_]+)/g)]
    const caddy = ['Caddyfile', 'parts/tls.caddy'].flatMap((file) => [
      ...read(`deploy/caddy/${file}`).matchAll(/\{\$([A-Z_]+)\}/g),
    ])
    expect([web.length, caddy.length].every((count) => count > 3)).toBe(true)
    const asked = (found: RegExpExecArray[]) => found.map(([, name = '']) => name)
    expect(variablesOfService('web')).toEqual(
      expect.arrayContaining(asked(web).filter((name) => name !== 'NODE_ENV')),
    )
    expect(variablesOfService('caddy')).toEqual(expect.arrayContaining(asked(caddy)))
  })

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
    expect(service('api')).toContain(`- ${POOL_LOCK_FOLDER}:${POOL_LOCK_FOLDER}\n`)
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
