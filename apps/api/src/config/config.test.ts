import { ConfigError, type Env, exampleValues, variablesOf } from '@medforge/core/settings'
import { describe, expect, test } from 'vitest'
import { parseReconcilerConfig, parseServerConfig, parseWorkerConfig } from './config.ts'
import { resolveFiles } from './env.ts'

const IMAGE = `127.0.0.1:5055/medforge/api@sha256:${'0123456789abcdef'.repeat(4)}`
const ENV: Env = {
  DOMAIN: 'example.org',
  DATABASE_URL: 'mysql://medforge_server:pw@172.30.1.5:3306/medforge',
  SESSION_SECRET: 'q8Zt2mV4xK9sB1nW6yR3pL7dF5hJ0cGa',
  PACK_IMAGE: IMAGE,
  API_IMAGE: IMAGE,
}

function faultsOf(parse: (env: Env) => unknown, env: Env): readonly string[] {
  try {
    parse(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}

describe(parseServerConfig, () => {
  test('fills in the contract’s defaults', () => {
    const { config, secrets } = parseServerConfig(ENV)
    expect(config).toMatchObject({
      port: 8000,
      cookieDomain: '.medforge.example.org',
      trustedProxies: ['172.30.1.2'],
      auth: {
        idleTtlSeconds: 604_800,
        maxTtlSeconds: 2_592_000,
        signupMode: 'open',
        rateLimit: { max: 10, windowSeconds: 60 },
      },
      sessions: { gpuMode: 'nvidia', recoveryEnabled: true, pollIntervalSeconds: 5 },
      submissions: { uploadMaxBytes: 10_485_760, autoScoreOnSubmit: true },
    })
    expect(JSON.stringify(config)).not.toContain(secrets.sessionSecret)
    expect(JSON.stringify(config)).not.toContain('pw@')
  })

  test('takes an empty variable for an absent one, as compose files write it', () => {
    const { config } = parseServerConfig({ ...ENV, GPU_MODE: '', AUTH_RATE_LIMIT: '' })
    expect(config.sessions.gpuMode).toBe('nvidia')
    expect(config.auth.rateLimit.max).toBe(10)
  })

  test('names every bad variable with what was expected, and shows no value', () => {
    const bad = {
      DATABASE_URL: 'postgres://user:hunter2@db/medforge',
      SESSION_SECRET: 'short',
      PACK_IMAGE: 'codercom/code-server:latest',
      AUTH_RATE_LIMIT: 'ten',
      GPU_MODE: 'amd',
      COOKIE_DOMAIN: '.evil.example',
      TRUSTED_PROXIES: '172.30.1.2,10.0.0.0/8',
    }
    const faults = faultsOf(parseServerConfig, bad)
    expect(faults.map((fault) => fault.split(':')[0]).toSorted()).toEqual(
      [...Object.keys(bad), 'DOMAIN'].toSorted(),
    )
    const text = faults.join('\n')
    for (const value of Object.values(bad)) expect(text).not.toContain(value)
    expect(text).toContain('DOMAIN: is missing; expected a lower-case DNS name')
    expect(text).toContain('PACK_IMAGE: is wrong; expected an image pinned by digest')
  })

  test.each([
    { note: 'is missing', secret: undefined },
    { note: 'is empty', secret: '' },
    { note: 'is short', secret: 'q8Zt2mV4xK9sB1nW6yR3pL7dF5hJ0cG' },
    { note: 'is a placeholder', secret: 'change-me-change-me-change-me-0123456789' },
    { note: 'is one letter over and over', secret: 'a'.repeat(64) },
  ])('refuses to start where SESSION_SECRET $note', ({ secret }) => {
    const faults = faultsOf(parseServerConfig, { ...ENV, SESSION_SECRET: secret })
    expect(faults).toEqual([expect.stringMatching(/^SESSION_SECRET: is /)])
  })

  test.each(['29360129', '10MB', '1023'])(
    'refuses to start with SUBMISSION_UPLOAD_MAX_BYTES=%s, for which no upload has the time',
    (limit) => {
      const faults = faultsOf(parseServerConfig, { ...ENV, SUBMISSION_UPLOAD_MAX_BYTES: limit })
      expect(faults).toEqual([
        'SUBMISSION_UPLOAD_MAX_BYTES: is wrong; expected an integer from 1024 to 29360128.',
      ])
    },
  )

  test.each(['localhost', 'example.org', 'a-b.c1.test'])('accepts the domain %s', (domain) => {
    expect(parseServerConfig({ ...ENV, DOMAIN: domain }).config.domain).toBe(domain)
  })

  test.each([
    'Example.org',
    'example.org.',
    '.example.org',
    'https://example.org',
    '-a.org',
    'a b',
  ])('refuses the domain %s', (domain) => {
    const faults = faultsOf(parseServerConfig, { ...ENV, DOMAIN: domain })
    expect(faults).toEqual([expect.stringMatching(/^DOMAIN: is wrong/)])
  })
})

describe('what bounds the launches of one person', () => {
  const launchesOf = (env: Record<string, string>) =>
    parseServerConfig({ ...ENV, ...env }).config.launches

  test('is sixty an hour, a share of the pool and what is left of it, unless the operator chose others', () => {
    expect(launchesOf({})).toEqual({ perHour: 60, personQuotaGb: null, workspaceQuotaGb: null })
    const chosen = { PERSON_QUOTA_GB: '80', SESSION_WORKSPACE_QUOTA_GB: '50' }
    expect(launchesOf({ ...chosen, LAUNCHES_PER_HOUR: '9' })).toEqual({
      perHour: 9,
      personQuotaGb: 80,
      workspaceQuotaGb: 50,
    })
  })
})

describe(parseReconcilerConfig, () => {
  test('needs no secret of the server', () => {
    const { config } = parseReconcilerConfig({ ...ENV, SESSION_SECRET: undefined })
    expect(config).toMatchObject({
      sessionsNetwork: 'medforge-public-sessions',
      loginIdleTtlSeconds: 604_800,
      limits: { cpus: 2, memoryBytes: 2 * 1024 ** 3, shmBytes: null, pids: 2048 },
      probeUrl: 'http://172.30.1.2:8081',
    })
  })

  test.each([
    ['512m', 512 * 1024 ** 2],
    ['8G', 8 * 1024 ** 3],
    ['1048576', 1_048_576],
  ])('reads the size %s', (text, bytes) => {
    const { config } = parseReconcilerConfig({ ...ENV, SESSION_MEM_LIMIT: text })
    expect(config.limits.memoryBytes).toBe(bytes)
  })

  test('reads fractions of a CPU', () => {
    const { config } = parseReconcilerConfig({ ...ENV, SESSION_CPU_LIMIT: '1.5' })
    expect(config.limits.cpus).toBe(1.5)
  })

  test('gives a session this host’s share of what nobody set', () => {
    const share = { ...ENV, SESSION_CPU_SHARE: '13.7', SESSION_MEM_SHARE: '60g' }
    expect(parseReconcilerConfig(share).config.limits).toMatchObject({
      cpus: 13.7,
      memoryBytes: 60 * 1024 ** 3,
    })
    const set = { ...share, SESSION_CPU_LIMIT: '4', SESSION_MEM_LIMIT: '16g' }
    expect(parseReconcilerConfig(set).config.limits).toMatchObject({
      cpus: 4,
      memoryBytes: 16 * 1024 ** 3,
    })
  })
})

describe(resolveFiles, () => {
  const read = (path: string) => {
    if (path === '/run/secrets/session') return 'from a file\n'
    throw new Error('ENOENT')
  }

  test('reads a secret from the file that its variable names', () => {
    const env = resolveFiles({ SESSION_SECRET_FILE: '/run/secrets/session' }, read)
    expect(env).toEqual({ SESSION_SECRET: 'from a file' })
  })

  test('names the variable whose file cannot be read, without its path', () => {
    const env = resolveFiles(
      { ...ENV, SESSION_SECRET: undefined, SESSION_SECRET_FILE: '/gone' },
      read,
    )
    expect(faultsOf(parseServerConfig, env)).toEqual([
      expect.stringMatching(
        /^SESSION_SECRET: the file that SESSION_SECRET_FILE names cannot be read/,
      ),
    ])
  })
})

describe.each([
  { name: 'server', parse: parseServerConfig },
  { name: 'reconciler', parse: parseReconcilerConfig },
  { name: 'worker', parse: parseWorkerConfig },
])('the failpoints of the $name', ({ parse }) => {
  const kill = { MEDFORGE_FAILPOINTS: 's3.exited=kill' }
  const rules = [{ name: 's3.exited', isOnce: false, nth: null, action: { kind: 'kill' } }]

  test('are off unless some are set', () => {
    expect(parse(ENV).config.failpoints).toBeNull()
    expect(parse({ ...ENV, NODE_ENV: 'production' }).config.failpoints).toBeNull()
  })

  test('are refused in production unless a second variable means it', () => {
    const env = { ...ENV, ...kill, NODE_ENV: 'production' }
    expect(faultsOf(parse, env)).toEqual([
      expect.stringMatching(/^MEDFORGE_FAILPOINTS: is wrong.*NODE_ENV is production/),
    ])
    const { config } = parse({ ...env, MEDFORGE_FAILPOINTS_IN_PRODUCTION: '1' })
    expect(config.failpoints).toMatchObject({ rules })
  })

  test('are refused where one is not known', () => {
    const env = { ...ENV, MEDFORGE_FAILPOINTS: 's9.unheard_of=kill' }
    expect(faultsOf(parse, env)).toEqual([expect.stringMatching(/^MEDFORGE_FAILPOINTS: is wrong/)])
  })

  test('that act once need a folder for their marks', () => {
    const env = { ...ENV, MEDFORGE_FAILPOINTS: 's3.exited=once:kill' }
    expect(faultsOf(parse, env)).toEqual([expect.stringMatching(/^MEDFORGE_FAILPOINTS_DIR: /)])
    const { config } = parse({ ...env, MEDFORGE_FAILPOINTS_DIR: '/run/marks' })
    expect(config.failpoints?.folder).toBe('/run/marks')
  })
})

describe.each([
  { name: 'server' as const, parse: parseServerConfig },
  { name: 'reconciler' as const, parse: parseReconcilerConfig },
  { name: 'worker' as const, parse: parseWorkerConfig },
])('the settings of the $name', ({ name, parse }) => {
  test('are exactly what the table lets it read', () => {
    const read = new Set<string>()
    const spied = new Proxy(ENV, {
      get(target, variable: string) {
        read.add(variable)
        return target[variable]
      },
    })
    parse(spied)
    const plain = variablesOf(name).filter((variable) => !variable.endsWith('_FILE'))
    expect([...read].toSorted()).toEqual(plain.toSorted())
  })

  test('are accepted as .env.example has them, once images and secrets are filled in', () => {
    const { DOMAIN: _, ...filledIn } = ENV
    expect(() => parse({ ...exampleValues(), ...filledIn })).not.toThrow()
  })
})
