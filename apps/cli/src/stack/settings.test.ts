import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseEnv } from './env-file.ts'
import { checkSettings, completeSettings, findSettingFaults, imageOverrides } from './settings.ts'

const EXAMPLE = parseEnv(
  readFileSync(new URL('../../../../deploy/compose/.env.example', import.meta.url), 'utf8'),
)
const NO_WISHES = { domain: undefined, initialAdminEmail: undefined, overrides: {} }
const DIGEST = `sha256:${'a'.repeat(64)}`

const makeSecret = () => `made-${'x'.repeat(40)}`

describe(completeSettings, () => {
  test('makes a trial host out of nothing', () => {
    const values = completeSettings(undefined, EXAMPLE, NO_WISHES, makeSecret)
    expect(values).toMatchObject({
      DOMAIN: 'localhost',
      EDGE_BIND_ADDRESS: '127.0.0.1',
      TLS_MODE: 'internal',
      NEXT_PUBLIC_API_URL: 'https://api.medforge.localhost',
      COOKIE_DOMAIN: '.medforge.localhost',
      INITIAL_ADMIN_EMAIL: 'admin@medforge.localhost',
    })
    expect(values.DATABASE_URL).toContain(`medforge_admin:${values.DB_ADMIN_PASSWORD}@172.30.1.5`)
    expect(findSettingFaults(values)).toEqual([])
  })

  test('keeps every value that is recorded, secrets first of all', () => {
    const first = completeSettings(undefined, EXAMPLE, NO_WISHES, makeSecret)
    const recorded = { ...first, AUTH_RATE_LIMIT: '500', OWN: '1' }
    expect(completeSettings(recorded, EXAMPLE, NO_WISHES, makeSecret)).toEqual(recorded)
  })

  test('gives each process a password of its own', () => {
    const values = completeSettings(undefined, EXAMPLE, NO_WISHES)
    const secrets = ['ADMIN', 'SERVER', 'RECONCILER', 'WORKER'].map(
      (n) => values[`DB_${n}_PASSWORD`],
    )
    expect(new Set([...secrets, values.SESSION_SECRET]).size).toBe(5)
  })

  test('moves what follows from the domain, and leaves what an operator chose', () => {
    const trial = completeSettings(undefined, EXAMPLE, NO_WISHES, makeSecret)
    const recorded = { ...trial, INITIAL_ADMIN_EMAIL: 'me@example.org' }
    const moved = completeSettings(recorded, EXAMPLE, { ...NO_WISHES, domain: 'Example.org' })
    expect(moved).toMatchObject({
      DOMAIN: 'example.org',
      EDGE_BIND_ADDRESS: '0.0.0.0',
      TLS_MODE: 'files',
      COOKIE_DOMAIN: '.medforge.example.org',
      NEXT_PUBLIC_API_URL: 'https://api.medforge.example.org',
      INITIAL_ADMIN_EMAIL: 'me@example.org',
      SESSION_SECRET: trial.SESSION_SECRET,
    })
    expect(findSettingFaults(moved)).toEqual([])
  })

  test('takes wishes from the command line last', () => {
    const wishes = { ...NO_WISHES, overrides: { AUTH_RATE_LIMIT: '9999' } }
    expect(completeSettings({ AUTH_RATE_LIMIT: '5' }, EXAMPLE, wishes).AUTH_RATE_LIMIT).toBe('9999')
  })
})

describe(findSettingFaults, () => {
  const good = completeSettings(undefined, EXAMPLE, NO_WISHES)

  test.each([
    { change: { PACK_IMAGE: 'pack:latest' }, says: 'PACK_IMAGE is not pinned' },
    { change: { API_IMAGE: 'api@sha256:abc' }, says: 'API_IMAGE is not pinned' },
    { change: { DOMAIN: 'https://x' }, says: 'DOMAIN is not' },
    {
      change: { COOKIE_DOMAIN: '.example.org' },
      says: 'COOKIE_DOMAIN has to be .medforge.localhost',
    },
    { change: { NEXT_PUBLIC_API_URL: 'http://localhost' }, says: 'NEXT_PUBLIC_API_URL has to be' },
    { change: { SESSION_SECRET: 'short' }, says: 'SESSION_SECRET is shorter' },
    { change: { TLS_MODE: 'off' }, says: 'TLS_MODE has to be' },
    { change: { TLS_MODE: 'acme' }, says: 'TLS_MODE=acme needs ACME_EMAIL' },
    { change: { EDGE_BIND_ADDRESS: '0.0.0.0' }, says: 'TLS_MODE=internal is for trial hosts' },
    { change: { DB_WORKER_PASSWORD: 'a@b' }, says: 'DB_WORKER_PASSWORD may hold' },
    {
      change: { SUBMISSION_UPLOAD_MAX_BYTES: '29360129' },
      says: 'SUBMISSION_UPLOAD_MAX_BYTES has to be a number of bytes from 1024 to 29360128',
    },
    {
      change: { SUBMISSIONS_DIR: '/mnt/big' },
      says: 'SUBMISSIONS_DIR has to be /var/lib/medforge/submissions (for another disk, mount it there)',
    },
    {
      change: { COMPETITIONS_PUBLIC_DIR: '/x' },
      says: 'COMPETITIONS_PUBLIC_DIR has to be /var/lib/medforge/competitions/public',
    },
    {
      change: { COMPETITIONS_DATA_DIR: '/x' },
      says: 'COMPETITIONS_DATA_DIR has to be /var/lib/medforge/competitions/hidden',
    },
    {
      change: { WORKSPACE_ZFS_ROOT: 'fast/workspaces' },
      says: 'WORKSPACE_ZFS_ROOT has to be tank/medforge/workspaces',
    },
    {
      change: { PUBLIC_SESSIONS_NETWORK: 'mine' },
      says: 'PUBLIC_SESSIONS_NETWORK has to be medforge-public-sessions',
    },
  ])('names what cannot work: $says', ({ change, says }) => {
    const faults = findSettingFaults({ ...good, ...change })
    expect(faults.join('\n')).toContain(says)
  })

  test('never repeats a secret', () => {
    const values = { ...good, SESSION_SECRET: 'hunter2', DB_ADMIN_PASSWORD: 'p@ss' }
    expect(() => checkSettings(values, '.env')).not.toThrow(/hunter2|p@ss/)
  })

  test('accepts an image that is pinned by its digest', () => {
    expect(findSettingFaults({ ...good, PACK_IMAGE: `registry.example/pack@${DIGEST}` })).toEqual(
      [],
    )
  })
})

describe(imageOverrides, () => {
  test('tells what an operator named from what was built here', () => {
    const overrides = imageOverrides({
      API_IMAGE: `127.0.0.1:5055/medforge/api@${DIGEST}`,
      PACK_IMAGE: `registry.example/cuda@${DIGEST}`,
      WEB_IMAGE: '',
    })
    expect(overrides).toEqual({ pack: `registry.example/cuda@${DIGEST}` })
  })
})
