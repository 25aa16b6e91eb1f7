import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type CertificateFiles,
  findCertificateFaults,
  isReadableBy,
  letEdgeRead,
  prepareCertificate,
} from './certificate.ts'

const folder = mkdtempSync(join(tmpdir(), 'medforge-certificate-'))
const NAMES = ['medforge.example.org', '*.medforge.example.org']
const DAY_MS = 86_400_000
const YEAR_DAYS = 365

afterAll(() => rmSync(folder, { recursive: true }))

/** Make `<name>.pem` and `<name>.key`, signed by an issuer made before, else by itself. */
function certify(
  name: string,
  options: { issuer?: string; names?: string[]; days?: number },
): void {
  const { issuer, names, days = 10 * YEAR_DAYS } = options
  const file = (ending: string, of = name) => join(folder, `${of}.${ending}`)
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', file('key'), '-out', file('pem'), '-days', `${days}`, '-subj', `/CN=${name}`],
      ...(names
        ? ['-addext', `subjectAltName=${names.map((host) => `DNS:${host}`).join(',')}`]
        : []),
      ...(issuer ? ['-CA', file('pem', issuer), '-CAkey', file('key', issuer)] : []),
    ],
    { stdio: 'pipe' },
  )
}
const read = (file: string) => readFileSync(join(folder, file), 'utf8')

beforeAll(() => {
  certify('root', {})
  certify('middle', { issuer: 'root', days: 5 * YEAR_DAYS })
  certify('own', { issuer: 'middle', names: NAMES })
  certify('narrow', { issuer: 'middle', names: NAMES.slice(0, 1) })
  certify('short', { issuer: 'middle', names: NAMES, days: 1 })
  execFileSync('openssl', [
    ...['pkey', '-in', join(folder, 'own.key'), '-aes256', '-passout', 'pass:secret'],
    ...['-out', join(folder, 'locked.key')],
  ])
})

function faultsOf(change: Partial<CertificateFiles>): string[] {
  const files = {
    fullchain: read('own.pem') + read('middle.pem'),
    key: read('own.key'),
    names: NAMES,
    roots: [new X509Certificate(read('root.pem'))],
    at: new Date(),
    ...change,
  }
  return findCertificateFaults(files).map(({ message }) => message)
}

describe(findCertificateFaults, () => {
  test('finds nothing where certificate, key, names, dates and chain are right', () => {
    expect(faultsOf({})).toEqual([])
  })

  test('takes a chain in any order, with its root or without', () => {
    const fullchain = read('own.pem') + read('root.pem') + read('middle.pem')
    expect(faultsOf({ fullchain })).toEqual([])
  })

  test.each<{ note: string; change: () => Partial<CertificateFiles>; says: RegExp }>([
    {
      note: 'a key of another certificate',
      change: () => ({ key: read('narrow.key') }),
      says: /not the key of the certificate/,
    },
    {
      note: 'a chain that begins with another certificate',
      change: () => ({ fullchain: read('middle.pem') + read('own.pem') }),
      says: /first certificate .* stands further down/,
    },
    {
      note: 'an encrypted key',
      change: () => ({ key: read('locked.key') }),
      says: /is encrypted/,
    },
    { note: 'no key', change: () => ({ key: read('own.pem') }), says: /no private key/ },
    { note: 'no certificate', change: () => ({ fullchain: '' }), says: /no certificate/ },
    {
      note: 'a damaged certificate',
      change: () => ({ fullchain: read('own.pem').replace(/\n..../, '\nAAAA') }),
      says: /damaged/,
    },
    {
      note: 'no wildcard',
      change: () => ({
        fullchain: read('narrow.pem') + read('middle.pem'),
        key: read('narrow.key'),
      }),
      says: /does not name \*\.medforge\.example\.org/,
    },
    {
      note: 'a date that is over',
      change: () => ({
        fullchain: read('short.pem') + read('middle.pem'),
        key: read('short.key'),
        at: new Date(Date.now() + 3 * DAY_MS),
      }),
      says: /^it has expired/,
    },
    {
      note: 'an intermediate whose date is over',
      change: () => ({
        fullchain: read('own.pem') + read('middle.pem'),
        at: new Date(Date.now() + 6 * YEAR_DAYS * DAY_MS),
      }),
      says: /^middle in fullchain\.pem has expired/,
    },
    {
      note: 'a date that is to come',
      change: () => ({ at: new Date(Date.now() - DAY_MS) }),
      says: /valid from/,
    },
    {
      note: 'a missing intermediate',
      change: () => ({ fullchain: read('own.pem') }),
      says: /chain ends at middle/,
    },
    {
      note: 'a root that nobody trusts',
      change: () => ({ roots: [] }),
      says: /chain ends at root/,
    },
  ])('names $note', ({ change, says }) => {
    expect(faultsOf(change()).join('; ')).toMatch(says)
  })

  test('names everything that is wrong at once', () => {
    const fullchain = read('narrow.pem')
    expect(faultsOf({ fullchain })).toHaveLength(3)
  })
})

describe(isReadableBy, () => {
  test.each([
    { uid: 10003, gid: 0, mode: 0o100400, readable: true },
    { uid: 0, gid: 10003, mode: 0o100640, readable: true },
    { uid: 0, gid: 0, mode: 0o100644, readable: true },
    { uid: 0, gid: 0, mode: 0o100600, readable: false },
    { uid: 0, gid: 0, mode: 0o100640, readable: false },
    { uid: 0, gid: 10003, mode: 0o100604, readable: false },
    { uid: 10003, gid: 10003, mode: 0o100044, readable: false },
  ])('of $uid:$gid with mode $mode is $readable', ({ readable, ...stats }) => {
    expect(isReadableBy(10003, stats)).toBe(readable)
  })
})

describe(letEdgeRead, () => {
  test('opens no file to the edge that a link leads to', () => {
    const place = mkdtempSync(join(folder, 'link-'))
    const [secret, link] = [join(place, 'secret'), join(place, 'privkey.pem')]
    writeFileSync(secret, 'secret', { mode: 0o600 })
    symlinkSync(secret, link)
    const before = statSync(secret)
    expect(() => letEdgeRead(link)).toThrow(/cannot be read by the edge/)
    expect(statSync(secret)).toMatchObject({ mode: before.mode, gid: before.gid })
  })
})

describe(prepareCertificate, () => {
  function handIn(): string {
    const place = mkdtempSync(join(folder, 'tls-'))
    writeFileSync(join(place, 'fullchain.pem'), read('own.pem') + read('middle.pem'), {
      mode: 0o644,
    })
    writeFileSync(join(place, 'privkey.pem'), read('own.key'), { mode: 0o644 })
    return place
  }
  const prepare = (place: string) => () => prepareCertificate(place, 'example.org')

  test('names what is not there, once for both', () => {
    expect(prepare(mkdtempSync(join(folder, 'empty-')))).toThrow(
      /fullchain\.pem is not there; privkey\.pem is not there/,
    )
  })

  test('refuses a link to where the container cannot follow it, and says what to copy', () => {
    const place = handIn()
    const live = join(folder, 'live.pem')
    writeFileSync(live, read('own.key'))
    rmSync(join(place, 'privkey.pem'))
    symlinkSync(live, join(place, 'privkey.pem'))
    expect(prepare(place)).toThrow(
      expect.objectContaining({
        remedy: expect.stringContaining(`cp -L --remove-destination ${live}`),
      }),
    )
    rmSync(join(place, 'privkey.pem'))
    mkdirSync(join(place, 'privkey.pem'))
    expect(prepare(place)).toThrow(/privkey\.pem is not a file/)
  })

  test('looks at what the files hold', () => {
    expect(prepare(handIn())).toThrow(/chain ends at root/)
  })
})
