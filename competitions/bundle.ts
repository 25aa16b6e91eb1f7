import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  checkSubmission,
  type ExpectedIds,
  expectIds,
  readColumn,
  type SubmissionSpec,
} from '@medforge/scoring'
import { BundleError, type BundleManifest, parseBundleManifest, specOf } from './bundle-manifest.ts'

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
}

/**
 * Every folder with a `manifest.json`, sorted by slug. The ids to expect are those of the sample submission, and the sample has to
 * pass the checks that a submission has to pass.
 *
 * @throws BundleError naming the first bundle that cannot be used, and why
 */
export async function loadBundles(root: string = BUNDLES_ROOT): Promise<Bundle[]> {
  const entries = await readdir(root, { withFileTypes: true, recursive: false })
  const bundles: Bundle[] = []
  for (const name of entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()) {
    const bundle = await loadBundle(join(root, name), name)
    if (bundle) bundles.push(bundle)
  }
  return bundles
}

async function loadBundle(folder: string, name: string): Promise<Bundle | null> {
  const manifestText = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => null)
  if (manifestText === null) return null
  const manifest = parseBundleManifest(folder, manifestText)
  if (manifest.slug !== name) {
    throw new BundleError(`${folder}: the folder has to be named ${manifest.slug}, as its slug.`)
  }
  const [description, rules, sampleSubmission] = await Promise.all([
    readPart(folder, 'overview.md'),
    readPart(folder, 'rules.md'),
    readPart(folder, 'sample_submission.csv'),
  ])
  const spec = specOf(manifest)
  const expected = readIds(folder, manifest, spec, sampleSubmission)
  return {
    manifest,
    spec,
    expected,
    idsSha256: hashIds(expected),
    description: description.toString('utf8').trim(),
    rules: rules.toString('utf8').trim(),
    sampleSubmission,
  }
}

async function readPart(folder: string, name: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, name))
  } catch (cause) {
    throw new BundleError(`${folder}/${name} cannot be read.`, { cause })
  }
}

function readIds(
  folder: string,
  manifest: BundleManifest,
  spec: SubmissionSpec,
  sample: Uint8Array,
): ExpectedIds {
  const expected = expectIds([...new Set(readColumn(sample, spec.idColumn))])
  const checked = checkSubmission(spec, expected, sample)
  if (!checked.ok) {
    const said = checked.faults.slice(0, 3).map(({ message }) => message)
    throw new BundleError(`${folder}/sample_submission.csv is not valid: ${said.join(' ')}`)
  }
  if (expected.ids.length !== manifest.expected_rows) {
    throw new BundleError(
      `${folder}/sample_submission.csv has ${expected.ids.length} ids, the manifest says ${manifest.expected_rows}.`,
    )
  }
  return expected
}

function hashIds({ ids }: ExpectedIds): string {
  return createHash('sha256').update(JSON.stringify(ids.toSorted())).digest('hex')
}
