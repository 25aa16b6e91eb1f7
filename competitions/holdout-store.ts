import { createHash } from 'node:crypto'
import { readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { checkHoldout, type Table } from '@medforge/scoring'
import { type Static, Type } from 'typebox'
import { Check } from 'typebox/value'
import type { Bundle } from './bundle.ts'
import { type Access, exists, placeFolder, syncFolder, writeDurably } from './files.ts'

/**
 * The hidden root: `<slug>/<version>/` holds `manifest.json` and `holdout_labels.csv`; `<slug>/current` names the version that an
 * installation begins with (its demo). Which one is in use, the competition's row says. A version never changes once it is there, so a score's stamps say for ever what it was computed from.
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
  const checked = checkHoldout(bundle.spec, bundle.expected, bytes, { isStored: true })
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
  labels: string | Uint8Array,
  readerGid: ReaderGid,
): Promise<void> {
  const files = {
    'holdout_labels.csv': labels,
    'manifest.json': textOf(manifest),
  }
  const home = [manifest.slug, manifest.split_version] as const
  await placeFolder(hiddenRoot, home, files, accessOf(readerGid))
}

/** What `storeHoldout` would say of it. */
export function factsOf(manifest: HoldoutManifest): HoldoutFacts {
  return { manifest, manifestSha256: sha256(textOf(manifest)) }
}

function textOf(manifest: HoldoutManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`
}

/**
 * Put an operator's version into place. The same one that is there already stays; another of that name is never overwritten.
 *
 * @throws HoldoutError when there is another, or a damaged one
 */
export async function storeHoldout(
  hiddenRoot: string,
  manifest: HoldoutManifest,
  labels: Uint8Array,
  readerGid: ReaderGid,
): Promise<HoldoutFacts> {
  const { slug, split_version: version } = manifest
  if (!(await exists(join(hiddenRoot, slug, version)))) {
    await writeHoldout(hiddenRoot, manifest, labels, readerGid)
  }
  const facts = await readHoldoutFacts(hiddenRoot, slug, version)
  const stored = await readFile(join(hiddenRoot, slug, version, 'holdout_labels.csv'))
  if (JSON.stringify(facts.manifest) === JSON.stringify(manifest) && stored.equals(labels)) {
    return facts
  }
  throw new HoldoutError(
    `${join(hiddenRoot, slug, version)} is damaged. Move it away and import again: the same labels make it anew.`,
  )
}

/** From now on the competition uses this version, once its row says so too. */
export async function setCurrentVersion(
  hiddenRoot: string,
  slug: string,
  version: string,
  readerGid: ReaderGid,
): Promise<void> {
  const file = join(hiddenRoot, slug, 'current')
  await writeDurably(`${file}.new`, `${version}\n`, accessOf(readerGid))
  await rename(`${file}.new`, file)
  await syncFolder(dirname(file))
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function accessOf(gid: ReaderGid): Access {
  return { folderMode: 0o750, fileMode: 0o640, gid }
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
