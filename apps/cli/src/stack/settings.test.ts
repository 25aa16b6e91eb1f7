import { UPLOAD_MAX_BYTES_RANGE } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import {
  checkSettings,
  completeSettings,
  findOldDefaults,
  findSettingFaults,
  imageOverrides,
  parseOverrides,
  requireSetting,
} from './settings.ts'

const NOTHING_REQUESTED = { domain: undefined, initialAdminEmail: undefined, overrides: {} }
const DIGEST = `sha256:${'a'.repeat(64)}`

const makeSecret = () => `made-${'0123456789'.repeat(4)}`

describe(completeSettings, () => {
  test('makes a trial host out of nothing', () => {
    const values = completeSettings(undefined, NOTHING_REQUESTED, makeSecret)
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
    const first = completeSettings(undefined, NOTHING_REQUESTED, makeSecret)
    const recorded = { ...first, AUTH_RATE_LIMIT: '500', OWN: '1' }
    expect(completeSettings(recorded, NOTHING_REQUESTED, makeSecret)).toEqual(recorded)
  })

  test('gives each process a password of its own', () => {
    const values = completeSettings(undefined, NOTHING_REQUESTED)
    const secrets = ['ADMIN', 'SERVER', 'RECONCILER', 'WORKER'].map(
      (n) => values[`DB_${n}_PASSWORD`],
    )
    expect(new Set([...secrets, values.SESSION_SECRET]).size).toBe(5)
  })

  test('moves what follows from the domain, and leaves what an operator chose', () => {
    const trial = completeSettings(undefined, NOTHING_REQUESTED, makeSecret)
    const recorded = { ...trial, INITIAL_ADMIN_EMAIL: 'me@example.org' }
    const moved = completeSettings(recorded, { ...NOTHING_REQUESTED, domain: 'Example.org' })
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

  test('takes what the command line requests last', () => {
    const requested = { ...NOTHING_REQUESTED, overrides: { AUTH_RATE_LIMIT: '9999' } }
    expect(completeSettings({ AUTH_RATE_LIMIT: '5' }, requested).AUTH_RATE_LIMIT).toBe('9999')
  })
})

describe('limits of sessions that an earlier version wrote into every .env', () => {
  const old = { SESSION_CPU_LIMIT: '2', SESSION_MEM_LIMIT: '8g', SESSION_SHM_SIZE: '2g' }

  test('are emptied, and those that somebody chose stay', () => {
    const recorded = { ...old, SESSION_MEM_LIMIT: '48g' }
    expect(findOldDefaults(recorded)).toEqual({ SESSION_CPU_LIMIT: '2', SESSION_SHM_SIZE: '2g' })
    expect(completeSettings(recorded, NOTHING_REQUESTED)).toMatchObject({
      SESSION_CPU_LIMIT: '',
      SESSION_MEM_LIMIT: '48g',
      SESSION_SHM_SIZE: '',
    })
  })

  test('are emptied once: afterwards the same value is somebody’s choice', () => {
    const emptied = completeSettings(old, NOTHING_REQUESTED)
    const chosen = { ...emptied, ...old }
    expect(findOldDefaults(chosen)).toEqual({})
    expect(completeSettings(chosen, NOTHING_REQUESTED)).toMatchObject(old)
    const requested = { ...NOTHING_REQUESTED, overrides: { SESSION_MEM_LIMIT: '8g' } }
    expect(completeSettings(old, requested).SESSION_MEM_LIMIT).toBe('8g')
  })

  test('are in no new installation', () => {
    expect(findOldDefaults(undefined)).toEqual({})
    const values = completeSettings(undefined, NOTHING_REQUESTED)
    expect(Object.keys(old).map((name) => values[name])).toEqual(['', '', ''])
  })
})

describe(findSettingFaults, () => {
  const good = completeSettings(undefined, NOTHING_REQUESTED)

  test.each([
    { change: { PACK_IMAGE: 'pack:latest' }, fault: 'PACK_IMAGE is not pinned' },
    { change: { API_IMAGE: 'api@sha256:abc' }, fault: 'API_IMAGE is not pinned' },
    { change: { DOMAIN: 'https://x' }, fault: 'DOMAIN is not' },
    {
      change: { COOKIE_DOMAIN: '.example.org' },
      fault: 'COOKIE_DOMAIN has to be .medforge.localhost',
    },
    { change: { NEXT_PUBLIC_API_URL: 'http://localhost' }, fault: 'NEXT_PUBLIC_API_URL has to be' },
    { change: { SESSION_SECRET: 'short' }, fault: 'SESSION_SECRET is shorter' },
    { change: { TLS_MODE: 'off' }, fault: 'TLS_MODE has to be' },
    { change: { TLS_MODE: 'acme' }, fault: 'TLS_MODE=acme needs ACME_EMAIL' },
    { change: { EDGE_BIND_ADDRESS: '0.0.0.0' }, fault: 'TLS_MODE=internal is for trial hosts' },
    { change: { DB_WORKER_PASSWORD: 'a@b' }, fault: 'DB_WORKER_PASSWORD may hold' },
    {
      change: { SUBMISSION_UPLOAD_MAX_BYTES: '29360129' },
      fault: 'SUBMISSION_UPLOAD_MAX_BYTES has to be a number of bytes from 1024 to 29360128',
    },
    {
      change: { SUBMISSIONS_DIR: '/mnt/big' },
      fault:
        'SUBMISSIONS_DIR has to be /var/lib/medforge/submissions (for another disk, mount it there)',
    },
    {
      change: { COMPETITIONS_PUBLIC_DIR: '/x' },
      fault: 'COMPETITIONS_PUBLIC_DIR has to be /var/lib/medforge/competitions/public',
    },
    {
      change: { COMPETITIONS_DATA_DIR: '/x' },
      fault: 'COMPETITIONS_DATA_DIR has to be /var/lib/medforge/competitions/hidden',
    },
    {
      change: { WORKSPACE_ZFS_ROOT: 'fast/workspaces' },
      fault: 'WORKSPACE_ZFS_ROOT has to be tank/medforge/workspaces',
    },
    {
      change: { PUBLIC_SESSIONS_NETWORK: 'mine' },
      fault: 'PUBLIC_SESSIONS_NETWORK has to be medforge-public-sessions',
    },
    { change: { AUTH_RATE_LIMIT: 'ten' }, fault: 'AUTH_RATE_LIMIT has to be an integer from 1' },
    { change: { GPU_MODE: 'amd' }, fault: 'GPU_MODE has to be one of nvidia, simulated' },
    { change: { DB_WORKER_PASSWORD: '' }, fault: 'DB_WORKER_PASSWORD is not set' },
  ])('names what cannot work: $fault', ({ change, fault }) => {
    const faults = findSettingFaults({ ...good, ...change })
    expect(faults.join('\n')).toContain(fault)
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

describe(parseOverrides, () => {
  test('reads settings, an empty value and one with an equals sign among them', () => {
    const given = ['AUTH_RATE_LIMIT=500', 'GPU_MODE=', 'ACME_CA=https://ca.test/?a=b']
    expect(parseOverrides(given)).toEqual({
      AUTH_RATE_LIMIT: '500',
      GPU_MODE: '',
      ACME_CA: 'https://ca.test/?a=b',
    })
  })

  test.each([
    { given: 'AUTH_RATE_LIMITS=5', fault: 'There is no setting AUTH_RATE_LIMITS' },
    { given: 'AUTH_RATE_LIMIT', fault: 'AUTH_RATE_LIMIT is not NAME=VALUE' },
    { given: 'API_PORT=80', fault: 'There is no setting API_PORT' },
    { given: 'DATABASE_URL=mysql://x/y', fault: 'DATABASE_URL is set by ./medforge up itself' },
  ])('refuses $given', ({ given, fault }) => {
    expect(() => parseOverrides(['SIGNUP_MODE=open', given])).toThrow(`${fault}.`)
  })

  test('names everything that it refuses at once', () => {
    expect(() => parseOverrides(['A=1', 'B=2'])).toThrow(/setting A; .*setting B/)
  })
})

describe(requireSetting, () => {
  const { min, max } = UPLOAD_MAX_BYTES_RANGE
  const requireLimit = (set: string | undefined) =>
    requireSetting(
      'SUBMISSION_UPLOAD_MAX_BYTES',
      set === undefined ? {} : { SUBMISSION_UPLOAD_MAX_BYTES: set },
      '.env',
    )

  test.each([
    { set: undefined, bytes: 10_485_760 },
    { set: '', bytes: 10_485_760 },
    { set: '65536', bytes: 65_536 },
    { set: String(max), bytes: max },
  ])('takes $set for an upload limit of $bytes bytes', ({ set, bytes }) => {
    expect(requireLimit(set)).toBe(bytes)
  })

  test.each(['10MB', '1e7', '-1', ' 65536', String(min - 1), String(max + 1)])(
    'refuses the upload limit %s, with which the API would not start, and names the file',
    (set) => {
      expect(() => requireLimit(set)).toThrow(
        `.env cannot be used: SUBMISSION_UPLOAD_MAX_BYTES has to be a number of bytes from 1024 to ${max}.`,
      )
    },
  )
})

describe(imageOverrides, () => {
  test('separates what an operator named from what was built here', () => {
    const overrides = imageOverrides({
      API_IMAGE: `127.0.0.1:5055/medforge/api@${DIGEST}`,
      PACK_IMAGE: `registry.example/cuda@${DIGEST}`,
      WEB_IMAGE: '',
    })
    expect(overrides).toEqual({ pack: `registry.example/cuda@${DIGEST}` })
  })
})
