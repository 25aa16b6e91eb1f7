import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  checkSubmission,
  type ExpectedIds,
  expectIds,
  type Fault,
  METRIC_RULES,
  readColumn,
  type SubmissionSpec,
} from '@medforge/scoring'
import {
  BundleError,
  type BundleManifest,
  type ReferenceFile,
  readManifest,
  specOf,
} from './bundle-manifest.ts'
import { openHandedFolder, UnreadableFileError } from './regular-file.ts'

/** The bundles of this repository. */
export const BUNDLES_ROOT = import.meta.dirname

/** The public part of a competition: everything that anybody may know. */
export type Bundle = {
  manifest: BundleManifest
  spec: SubmissionSpec
  /** In the order of the sample submission. */
  expected: ExpectedIds
  /** Hex SHA-256 over the ids, sorted: the fingerprint that a holdout must share. */
  idsSha256: string
  /** Markdown. */
  description: string
  /** Markdown. */
  rules: string
  sampleSubmission: Buffer
  references: readonly Reference[]
}

/** A baseline that the organiser wants on the board. */
export type Reference = {
  name: string
  /** What it is made of: a `Baseline`, or the hex SHA-256 of `file`. */
  source: string
  /** A submission; null for a `Baseline`. */
  file: Buffer | null
}

let shipped: Promise<Bundle[]> | undefined

/**
 * Every folder with a `manifest.json`, sorted by slug. The ids to expect are those of the sample submission, and the sample has to
 * pass the checks that a submission has to pass. Those of this repository are read once: they change with the process only.
 *
 * @throws BundleError naming the first bundle that cannot be used, and why; it is read again next time
 */
export async function loadBundles(root: string = BUNDLES_ROOT): Promise<Bundle[]> {
  if (root !== BUNDLES_ROOT) return readBundles(root)
  shipped ??= readBundles(root)
  try {
    return await shipped
  } catch (error) {
    shipped = undefined
    throw error
  }
}

async function readBundles(root: string): Promise<Bundle[]> {
  const entries = await readdir(root, { withFileTypes: true, recursive: false })
  const bundles: Bundle[] = []
  for (const name of entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()) {
    const folder = join(root, name)
    const files = await readBundleFiles(folder)
    if (files['manifest.json'] === null) continue
    const bundle = requireBundle(folder, files)
    if (bundle.manifest.slug !== name) {
      const { slug } = bundle.manifest
      throw new BundleError(`${folder}: the folder has to be named ${slug}, as its slug.`)
    }
    bundles.push(bundle)
  }
  return bundles
}

/** The files of a bundle's public part, in the order in which faults are told. */
export const BUNDLE_FILES = [
  'manifest.json',
  'overview.md',
  'rules.md',
  'sample_submission.csv',
] as const
export type BundleFiles = Record<(typeof BUNDLE_FILES)[number], Buffer | null> & {
  /** Those that the manifest names. */
  [name: ReferenceFile]: Buffer | null
}

const TEXT_MAX_BYTES = 256 * 1024
const CSV_MAX_BYTES = 64 * 1024 * 1024

/** A file that is missing, or is not to be read, is null. */
export async function readBundleFiles(folder: string): Promise<BundleFiles> {
  return (await readBundleFolder(folder)).files
}

/** The files, with those of the further names; and why some that are there are not read. */
export async function readBundleFolder(
  folder: string,
  others: readonly string[] = [],
): Promise<{ files: BundleFiles; others: (Buffer | null)[]; unread: BundleFault[] }> {
  const unread: BundleFault[] = []
  const toFault = (file: string) => (error: unknown) => {
    if (!(error instanceof UnreadableFileError)) throw error
    unread.push({ file, row: null, message: error.message })
    return null
  }
  await using handed = await openHandedFolder(folder).catch(toFault(folder))
  const read = async (name: string): Promise<Buffer | null> => {
    const maxBytes = name.endsWith('.csv') ? CSV_MAX_BYTES : TEXT_MAX_BYTES
    return (await handed?.read(name, maxBytes).catch(toFault(name))) ?? null
  }
  const [manifest, overview, rules, sample] = await Promise.all(BUNDLE_FILES.map(read))
  const files: BundleFiles = {
    'manifest.json': manifest ?? null,
    'overview.md': overview ?? null,
    'rules.md': rules ?? null,
    'sample_submission.csv': sample ?? null,
  }
  for (const name of referenceFilesOf(files)) files[name] = await read(name)
  return { files, others: await Promise.all(others.map(read)), unread }
}

/** The files that the manifest names beside those that every bundle has, sorted; none where it cannot be read. */
export function referenceFilesOf(files: BundleFiles): ReferenceFile[] {
  const read = readManifest(files['manifest.json']?.toString('utf8') ?? '')
  if ('faults' in read) return []
  const { reference_entries = [] } = read.manifest
  const names = reference_entries.flatMap((entry) => ('file' in entry ? [entry.file] : []))
  return [...new Set(names as ReferenceFile[])].sort()
}

/** What is wrong with a file of a bundle, and where; `row` is a line of that file, null for the whole of it. */
export type BundleFault = { file: string; row: number | null; message: string }

export type BundleCheck = {
  /** It is in use, so it was accepted before. */
  isStored?: boolean
  /** Why a file that is there is null. */
  unread?: readonly BundleFault[]
  /** What an upload may have, so that a bundle is refused to whose competition nobody could submit. Not asked of one that is in use. */
  uploadMaxBytes?: number
}

/** The public part, or every fault in it. Knows nothing of where it lies. */
export function checkBundle(
  files: BundleFiles,
  { isStored = false, unread = [], uploadMaxBytes = Number.POSITIVE_INFINITY }: BundleCheck = {},
): { bundle: Bundle } | { faults: BundleFault[] } {
  const faults: BundleFault[] = []
  const addFault = (file: string, message: string, row: number | null = null) => {
    faults.push({ file, row, message })
  }
  for (const file of BUNDLE_FILES) {
    if (files[file] !== null) continue
    addFault(file, unread.find((fault) => fault.file === file)?.message ?? 'cannot be read')
  }
  const texts = { description: textOf(files, 'overview.md'), rules: textOf(files, 'rules.md') }
  if (files['overview.md'] && texts.description === '')
    addFault('overview.md', 'is empty or not UTF-8')
  if (files['rules.md'] && texts.rules === '') addFault('rules.md', 'is empty or not UTF-8')
  const manifestText = files['manifest.json']?.toString('utf8')
  const read = manifestText === undefined ? { faults: [] } : readManifest(manifestText)
  if ('faults' in read) {
    for (const message of read.faults) addFault('manifest.json', message)
    return { faults }
  }
  const { manifest } = read
  const { higherIsBetter } = METRIC_RULES[manifest.metric]
  if (!isStored && manifest.higher_is_better !== higherIsBetter) {
    addFault('manifest.json', `higher_is_better has to be ${higherIsBetter} for ${manifest.metric}`)
  }
  const spec = specOf(manifest)
  const sampleSubmission = files['sample_submission.csv']
  if (sampleSubmission === null) return { faults }
  const expected = expectIds([...new Set(readColumn(sampleSubmission, spec.idColumn))])
  const checked = checkSubmission(spec, expected, sampleSubmission, { isStored })
  for (const fault of faultsOf(checked)) addFault('sample_submission.csv', fault.message, fault.row)
  if (checked.ok && expected.ids.length !== manifest.expected_rows) {
    const count = expected.ids.length
    addFault(
      'sample_submission.csv',
      `has ${count} ids, the manifest says ${manifest.expected_rows}`,
    )
  }
  const { length } = sampleSubmission
  if (length > uploadMaxBytes) {
    const limits = `has ${length} bytes, and uploads end at ${uploadMaxBytes} (SUBMISSION_UPLOAD_MAX_BYTES)`
    addFault('sample_submission.csv', `${limits}: nobody could submit such a file`)
  }
  for (const name of referenceFilesOf(files)) {
    const bytes = files[name]
    if (!bytes)
      addFault(name, unread.find(({ file }) => file === name)?.message ?? 'cannot be read')
    else {
      const reference = checkSubmission(spec, expected, bytes, { isStored })
      for (const fault of faultsOf(reference)) addFault(name, fault.message, fault.row)
    }
  }
  if (faults.length > 0) return { faults }
  const idsSha256 = hashIds(expected)
  const references = referencesOf(manifest, files)
  return { bundle: { manifest, spec, expected, idsSha256, ...texts, sampleSubmission, references } }
}

function referencesOf({ reference_entries = [] }: BundleManifest, files: BundleFiles): Reference[] {
  return reference_entries.map((entry) => {
    if ('baseline' in entry) return { name: entry.name, source: entry.baseline, file: null }
    const file = files[entry.file as ReferenceFile] ?? Buffer.alloc(0)
    return { name: entry.name, source: createHash('sha256').update(file).digest('hex'), file }
  })
}

/** The public part of a competition that is in use. @throws BundleError naming the first faults */
export function requireBundle(folder: string, files: BundleFiles): Bundle {
  const read = checkBundle(files, { isStored: true })
  if ('bundle' in read) return read.bundle
  const messages = read.faults.slice(0, 3).map(describeFault)
  throw new BundleError(`${folder}: ${messages.join('; ')}.`)
}

export function describeFault({ file, row, message }: BundleFault): string {
  const text = `${file}${row === null ? '' : ` row ${row}`}: ${message.replace(/\.$/, '')}`
  // It quotes the bundle, and is shown in a terminal, which takes these for commands.
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\u{fffd}')
}

export function faultsOf(checked: { ok: true } | { ok: false; faults: Fault[] }): Fault[] {
  return checked.ok ? [] : checked.faults
}

/** Trimmed; empty where the file is missing or no UTF-8. */
function textOf(files: BundleFiles, name: 'overview.md' | 'rules.md'): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(files[name] ?? Buffer.alloc(0)).trim()
  } catch {
    return ''
  }
}

function hashIds({ ids }: ExpectedIds): string {
  return createHash('sha256').update(JSON.stringify(ids.toSorted())).digest('hex')
}
