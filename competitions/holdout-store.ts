import { createHash } from 'node:crypto'
import { chmod, chown, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { checkHoldout, type Table } from '@medforge/scoring'
import { type Static, Type } from 'typebox'
import { Check } from 'typebox/value'
import type { Bundle } from './bundle.ts'

/**
 * The hidden root: `<slug>/current` names the version in use, `<slug>/<version>/` holds `manifest.json` and `holdout_labels.csv`.
 * A version never changes once it is there, so a score's stamps say for ever what it was computed from.
 */

const SHA256 = Type.String({ pattern: '^[0-9a-f]{64}$' })
const VERSION_PATTERN = '^[a-z0-9][a-z0-9.-]{0,99}$'

const HoldoutManifestSchema = Type.Object({
  format: Type.Literal(1),
  slug: Type.String(),
  kind: Type.Enum(['demo', 'operator']),
  split_version: Type.String({ pattern: VERSION_PATTERN }),
  metric_version: Type.String(),
  /** Ids, not lines. */
  rows: Type.Integer({ minimum: 1 }),
  ids_sha256: SHA256,
  holdout_sha256: SHA256,
  /** Random. The manifest's hash stands in every public score, and without this it would let people test guesses of the labels. */
  salt: SHA256,
})
export type HoldoutManifest = Static<typeof HoldoutManifestSchema>

export type HoldoutFacts = {
  manifest: HoldoutManifest
  /** Hex SHA-256 of `manifest.json`: the stamp of a score. */
  manifestSha256: string
}

/** The hidden part of a competition is missing or contradicts itself. The message is for the operator. */
export class HoldoutError extends Error {
  override readonly name = 'HoldoutError'
}

/** @returns null when the competition has no holdout yet */
export async function readCurrentVersion(hiddenRoot: string, slug: string): Promise<string | null> {
  const version = await readFile(join(hiddenRoot, slug, 'current'), 'utf8').catch(nullWhenMissing)
  return version === null ? null : version.trim()
}

/** @throws HoldoutError */
export async function readHoldoutFacts(
  hiddenRoot: string,
  slug: string,
  version: string,
): Promise<HoldoutFacts> {
  if (!new RegExp(VERSION_PATTERN).test(version)) {
    throw new HoldoutError(`${slug}: "${version}" is no name of a split version.`)
  }
  const file = join(hiddenRoot, slug, version, 'manifest.json')
  const bytes = await readFile(file).catch((cause) => {
    throw new HoldoutError(`${file} cannot be read.`, { cause })
  })
  const manifest = parseJson(bytes)
  const isOurs =
    Check(HoldoutManifestSchema, manifest) &&
    manifest.slug === slug &&
    manifest.split_version === version
  if (!isOurs) throw new HoldoutError(`${file} is not the manifest of ${slug} ${version}.`)
  return { manifest, manifestSha256: sha256(bytes) }
}

/**
 * The labels, checked against their manifest and against the ids of the public bundle.
 *
 * @throws HoldoutError rather than ever return labels that are not exactly those of the manifest
 */
export async function readHoldoutTable(
  hiddenRoot: string,
  bundle: Bundle,
  { manifest }: HoldoutFacts,
): Promise<Table> {
  const file = join(hiddenRoot, manifest.slug, manifest.split_version, 'holdout_labels.csv')
  const bytes = await readFile(file).catch((cause) => {
    throw new HoldoutError(`${file} cannot be read.`, { cause })
  })
  if (sha256(bytes) !== manifest.holdout_sha256) {
    throw new HoldoutError(`${file} is not the file that its manifest describes.`)
  }
  if (manifest.ids_sha256 !== bundle.idsSha256) {
    throw new HoldoutError(`${file} has other ids than the sample submission.`)
  }
  if (manifest.metric_version !== bundle.manifest.metric_version) {
    throw new HoldoutError(`${file} was made for ${manifest.metric_version}.`)
  }
  const checked = checkHoldout(bundle.spec, bundle.expected, bytes)
  if (!checked.ok) {
    throw new HoldoutError(`${file}: ${checked.faults[0]?.message ?? 'it is not valid.'}`)
  }
  return checked.table
}

/** Who may read a holdout besides root: the worker's group. Null leaves owners as they are, for tests that are not root. */
export type ReaderGid = number | null

/**
 * Put a version into place, complete or not at all; a damaged one of that name makes way. One caller at a time.
 *
 * Files are 0640 and folders 0750, owned by root and the reading group.
 */
export async function writeHoldout(
  hiddenRoot: string,
  manifest: HoldoutManifest,
  labels: string,
  readerGid: ReaderGid,
): Promise<void> {
  const home = join(hiddenRoot, manifest.slug)
  const target = join(home, manifest.split_version)
  const incoming = join(home, '.incoming')
  await makeFolder(hiddenRoot, readerGid)
  await makeFolder(home, readerGid)
  await rm(incoming, { recursive: true, force: true })
  await makeFolder(incoming, readerGid)
  await writeDurably(join(incoming, 'holdout_labels.csv'), labels, readerGid)
  const text = `${JSON.stringify(manifest, null, 2)}\n`
  await writeDurably(join(incoming, 'manifest.json'), text, readerGid)
  await rm(target, { recursive: true, force: true })
  await rename(incoming, target)
  await syncFolder(home)
}

/** From now on the competition uses this version, once its row says so too. */
export async function setCurrentVersion(
  hiddenRoot: string,
  slug: string,
  version: string,
  readerGid: ReaderGid,
): Promise<void> {
  const file = join(hiddenRoot, slug, 'current')
  await writeDurably(`${file}.new`, `${version}\n`, readerGid)
  await rename(`${file}.new`, file)
  await syncFolder(dirname(file))
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

async function makeFolder(path: string, readerGid: ReaderGid): Promise<void> {
  await mkdir(path, { recursive: true })
  if (readerGid !== null) await chown(path, 0, readerGid)
  await chmod(path, 0o750)
}

async function writeDurably(path: string, text: string, readerGid: ReaderGid): Promise<void> {
  await using file = await open(path, 'w', 0o640)
  await file.writeFile(text)
  if (readerGid !== null) await file.chown(0, readerGid)
  await file.chmod(0o640)
  await file.sync()
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return null
  }
}

function nullWhenMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
