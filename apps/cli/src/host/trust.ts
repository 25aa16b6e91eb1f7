import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { Failure } from '../failure.ts'
import { run, runOrFail } from '../process.ts'

const SYSTEM_COPY = '/usr/local/share/ca-certificates/medforge-local-root.crt'
export const SYSTEM_BUNDLE = '/etc/ssl/certs/ca-certificates.crt'
const NICKNAME = 'MedForge local authority'

/**
 * Put the trial certificate's root into the system's trust store.
 *
 * @returns whether the store changed
 */
export async function ensureSystemTrust(certificate: string): Promise<boolean> {
  const pem = readFileSync(certificate, 'utf8')
  const isCopied = existsSync(SYSTEM_COPY) && readFileSync(SYSTEM_COPY, 'utf8') === pem
  if (isCopied && bundleHolds(pem)) return false
  mkdirSync('/usr/local/share/ca-certificates', { recursive: true })
  copyFileSync(certificate, SYSTEM_COPY)
  await refresh([])
  if (!bundleHolds(pem)) await refresh(['--fresh'])
  if (!bundleHolds(pem)) {
    throw new Failure(
      `The trial certificate's root is in ${SYSTEM_COPY}, but ${SYSTEM_BUNDLE} does not hold it.`,
      'Run update-ca-certificates --fresh, look at what it says, and run this again.',
    )
  }
  return true
}

export async function removeSystemTrust(): Promise<boolean> {
  if (!existsSync(SYSTEM_COPY)) return false
  rmSync(SYSTEM_COPY)
  await refresh(['--fresh'])
  return true
}

function bundleHolds(pem: string): boolean {
  return existsSync(SYSTEM_BUNDLE) && readFileSync(SYSTEM_BUNDLE, 'utf8').includes(pem.trim())
}

async function refresh(args: string[]): Promise<void> {
  await runOrFail(
    'update-ca-certificates',
    args,
    {
      message: 'The system trust store could not be rebuilt',
      remedy: 'Install the package ca-certificates, and run this again.',
    },
    { timeoutMs: 120_000 },
  )
}

export type Person = { name: string; home: string; uid: number; gid: number }

/** The people whose browsers should trust the trial certificate: root and whoever called sudo. */
export async function listPeople(invokingUser: string | undefined): Promise<Person[]> {
  const names = ['root', ...(invokingUser === undefined ? [] : [invokingUser])]
  const entries = (await run('getent', ['passwd', ...names])).stdout.split('\n')
  return entries.flatMap((entry) => {
    const [name, , uid, gid, , home] = entry.trim().split(':')
    return name && home ? [{ name, home, uid: Number(uid), gid: Number(gid) }] : []
  })
}

/**
 * Put the root into the store that Chromium reads for one person.
 *
 * @returns whether the store changed
 */
export async function ensureBrowserTrust(certificate: string, person: Person): Promise<boolean> {
  const folder = `${person.home}/.pki/nssdb`
  const store = `sql:${folder}`
  const known = await run('certutil', ['-d', store, '-L', '-n', NICKNAME, '-a'])
  if (known.ok && samePem(known.stdout, readFileSync(certificate, 'utf8'))) return false
  const failure = {
    message: `The browser trust store of ${person.name} could not be changed`,
    remedy: `Install libnss3-tools and make sure that ${folder} can be written, and run this again.`,
  }
  if (!existsSync(`${folder}/cert9.db`)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    await runOrFail('certutil', ['-d', store, '-N', '--empty-password'], failure)
  }
  if (known.ok) await runOrFail('certutil', ['-d', store, '-D', '-n', NICKNAME], failure)
  await runOrFail(
    'certutil',
    ['-d', store, '-A', '-t', 'C,,', '-n', NICKNAME, '-i', certificate],
    failure,
  )
  handOver(person)
  return true
}

export async function removeBrowserTrust(person: Person): Promise<boolean> {
  const store = `sql:${person.home}/.pki/nssdb`
  return (await run('certutil', ['-d', store, '-D', '-n', NICKNAME])).ok
}

/** Files that root made in somebody's home belong to that person. */
function handOver({ home, uid, gid }: Person): void {
  if (uid === 0) return
  for (const path of [
    '.pki',
    '.pki/nssdb',
    '.pki/nssdb/cert9.db',
    '.pki/nssdb/key4.db',
    '.pki/nssdb/pkcs11.txt',
  ]) {
    const file = `${home}/${path}`
    if (existsSync(file) && statSync(file).uid === 0) chownSync(file, uid, gid)
  }
}

function samePem(left: string, right: string): boolean {
  const bare = (text: string) => text.replace(/\s+/g, '')
  return bare(left) === bare(right)
}
