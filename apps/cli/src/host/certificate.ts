import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  openSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { rootCertificates } from 'node:tls'
import { Failure } from '../failure.ts'
import { UIDS } from '../names.ts'
import { SYSTEM_BUNDLE } from './trust.ts'

/* The operator's own certificate, `TLS_MODE=files`. */

const FILES = ['fullchain.pem', 'privkey.pem'] as const

/** What is wrong, as the rest of a sentence that begins with a file's name, and what to do where it is not plain. */
type Fault = { message: string; remedy?: string }

/**
 * Look at the certificate and its key before a container is started with them, and let the edge's user read them.
 *
 * @returns the files whose group or mode was changed
 * @throws Failure with everything that is wrong
 */
export function prepareCertificate(folder: string, domain: string): string[] {
  const texts: string[] = []
  const faults: Fault[] = []
  const changed: string[] = []
  for (const name of FILES) {
    const file = `${folder}/${name}`
    const fault = findPlaceFault(folder, file)
    if (fault) {
      faults.push(fault)
      continue
    }
    if (letEdgeRead(realpathSync(file))) changed.push(file)
    texts.push(readFileSync(file, 'utf8'))
  }
  const [fullchain, key] = texts
  if (fullchain !== undefined && key !== undefined) {
    const names = [`medforge.${domain}`, `*.medforge.${domain}`]
    faults.push(
      ...findCertificateFaults({ fullchain, key, names, roots: trustedRoots(), at: new Date() }),
    )
  }
  if (faults.length === 0) return changed
  const remedies = faults.flatMap(({ remedy }) => remedy ?? [])
  throw new Failure(
    `TLS_MODE is files, and the certificate in ${folder} cannot be used: ${faults.map(({ message }) => message).join('; ')}.`,
    [
      ...new Set(remedies),
      `Put a certificate for medforge.${domain} and *.medforge.${domain} with its chain there as fullchain.pem and its key as privkey.pem, and run this again.`,
    ].join(' '),
  )
}

function findPlaceFault(folder: string, file: string): Fault | undefined {
  const name = file.slice(folder.length + 1)
  let target: string
  try {
    target = realpathSync(file)
  } catch {
    return { message: `${name} is not there` }
  }
  if (!target.startsWith(`${realpathSync(folder)}/`)) {
    return {
      message: `${name} is a link to ${target}, which the edge’s container does not see`,
      remedy: `Copy the file: cp -L --remove-destination ${target} ${file}, after each renewal too.`,
    }
  }
  return statSync(target).isFile() ? undefined : { message: `${name} is not a file` }
}

/** Whether a user with this id, who is in the group of the same id alone, may read it. */
export function isReadableBy(
  id: number,
  { uid, gid, mode }: { uid: number; gid: number; mode: number },
): boolean {
  if (uid === id) return (mode & 0o400) !== 0
  if (gid === id) return (mode & 0o040) !== 0
  return (mode & 0o004) !== 0
}

/** Through its group, where it cannot yet. Others get no right, and no link is followed. @returns whether something was changed */
export function letEdgeRead(file: string): boolean {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW)
    const stats = fstatSync(descriptor)
    if (isReadableBy(UIDS.caddy, stats)) return false
    fchownSync(descriptor, stats.uid, UIDS.caddy)
    fchmodSync(descriptor, (stats.mode & 0o7777) | 0o440)
  } catch (cause) {
    throw new Failure(
      `${file} cannot be read by the edge, which runs as ${UIDS.caddy}:${UIDS.caddy}, and its group cannot be changed.`,
      `Make it readable for group ${UIDS.caddy} (chgrp ${UIDS.caddy}, chmod g+r) where it lies, and run this again.`,
      { cause },
    )
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
  return true
}

function trustedRoots(): X509Certificate[] {
  const bundle = existsSync(SYSTEM_BUNDLE)
    ? readFileSync(SYSTEM_BUNDLE, 'utf8')
    : rootCertificates.join('\n')
  return parseCertificates(bundle)
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** @throws Error where one cannot be read */
function parseCertificates(pem: string): X509Certificate[] {
  return [...pem.matchAll(PEM)].map(([text]) => new X509Certificate(text))
}

export type CertificateFiles = {
  /** PEM: the server's own certificate, then those between it and a root. */
  fullchain: string
  /** PEM. */
  key: string
  /** A wildcard stands for the hosts below it. */
  names: readonly string[]
  roots: readonly X509Certificate[]
  at: Date
}

/** Everything for which a browser, or the edge at its start, would refuse this certificate with this key. */
export function findCertificateFaults({
  fullchain,
  key,
  names,
  roots,
  at,
}: CertificateFiles): Fault[] {
  const faults: Fault[] = []
  const privateKey = readKey(key, faults)
  let chain: X509Certificate[] = []
  try {
    chain = parseCertificates(fullchain)
  } catch {
    return [...faults, { message: 'a certificate in fullchain.pem is damaged' }]
  }
  const [own, ...others] = chain
  if (own === undefined) return [...faults, { message: 'fullchain.pem holds no certificate' }]
  if (privateKey && !own.checkPrivateKey(privateKey)) {
    const isMisplaced = others.some((other) => other.checkPrivateKey(privateKey))
    faults.push({
      message: isMisplaced
        ? 'the first certificate of fullchain.pem is not that of privkey.pem, which stands further down'
        : 'privkey.pem is not the key of the certificate in fullchain.pem',
    })
  }
  const missing = names.filter(
    (name) => !own.checkHost(name.replace('*', 's-aaaaaaaa'), { subject: 'never' }),
  )
  if (missing.length > 0) {
    faults.push({
      message: `it does not name ${missing.join(' and ')} (it names ${own.subjectAltName ?? 'nothing'})`,
    })
  }
  return [...faults, ...findChainFaults(own, others, roots, at)]
}

function readKey(pem: string, faults: Fault[]): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    const isEncrypted = /ENCRYPTED/.test(pem)
    faults.push(
      isEncrypted
        ? {
            message: 'privkey.pem is encrypted, and there is nobody to ask for its passphrase',
            remedy: 'Take the passphrase off with openssl pkey -in … -out privkey.pem.',
          }
        : { message: 'privkey.pem holds no private key' },
    )
    return undefined
  }
}

/** Follows the issuers from the server's own certificate to a root that this host trusts. */
function findChainFaults(
  own: X509Certificate,
  others: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  at: Date,
): Fault[] {
  const isIssuer = (issuer: X509Certificate, of: X509Certificate) =>
    of.checkIssued(issuer) && of.verify(issuer.publicKey)
  const rest = new Set(others)
  let current = own
  for (;;) {
    const name = current === own ? 'it' : `${commonNameOf(current.subject)} in fullchain.pem`
    if (current.validToDate < at) return [{ message: `${name} has expired on ${current.validTo}` }]
    if (current.validFromDate > at) {
      return [{ message: `${name} is valid from ${current.validFrom} on, by this host’s clock` }]
    }
    const { fingerprint256 } = current
    if (roots.some((root) => root.fingerprint256 === fingerprint256 || isIssuer(root, current))) {
      return []
    }
    const next = [...rest].find((other) => isIssuer(other, current))
    if (next === undefined) {
      return [
        {
          message: `its chain ends at ${commonNameOf(current.issuer)}, which is neither in fullchain.pem nor trusted by this host`,
          remedy:
            'Add the authority’s intermediate certificates to fullchain.pem below your own; the root of an authority of your own goes into /usr/local/share/ca-certificates, then update-ca-certificates.',
        },
      ]
    }
    rest.delete(next)
    current = next
  }
}

function commonNameOf(subject: string): string {
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? subject.replaceAll('\n', ', ')
}
