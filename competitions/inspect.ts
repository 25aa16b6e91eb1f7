import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { UPLOAD_MAX_BYTES_DEFAULT } from '@medforge/contracts'
import { checkHoldout, findUnscorable, meaningOf } from '@medforge/scoring'
import {
  type Bundle,
  type BundleFault,
  type BundleFiles,
  checkBundle,
  faultsOf,
  readBundleFolder,
} from './bundle.ts'
import { type HoldoutManifest, sha256 } from './holdout-store.ts'

/** A bundle folder that passed every check, with the labels that go with it. */
export type InspectedBundle = {
  bundle: Bundle
  files: BundleFiles
  /** Null where the folder has none and none was named. */
  labels: Buffer | null
}

export const HOLDOUT_FILE = 'holdout_labels.csv'

export type InspectOptions = {
  /** Another file of labels than the folder's own. */
  holdoutFile?: string | undefined
  /** What the installation takes; its default unless given. */
  uploadMaxBytes?: number
}

/**
 * Read a bundle folder as a person made it, with its `holdout_labels.csv` or another file of labels, and say everything that is wrong with
 * it at once.
 */
export async function inspectBundle(
  folder: string,
  { holdoutFile, uploadMaxBytes = UPLOAD_MAX_BYTES_DEFAULT }: InspectOptions = {},
): Promise<{ ok: true; value: InspectedBundle } | { ok: false; faults: BundleFault[] }> {
  const ownLabels = holdoutFile === undefined ? [HOLDOUT_FILE] : []
  const { files, others, unread } = await readBundleFolder(folder, ownLabels)
  // A path of the operator's own, who may name whatever they can read.
  const labels = holdoutFile ? await readFile(holdoutFile).catch(() => null) : (others[0] ?? null)
  const name = holdoutFile ?? HOLDOUT_FILE
  // Labels that are there and cannot be read are a fault: without them the bundle would pass as one that has none.
  const faults = unread.filter(({ file }) => file === name || file === folder)
  if (holdoutFile !== undefined && labels === null) {
    faults.push({ file: name, row: null, message: 'cannot be read' })
  }
  const read = checkBundle(files, { unread, uploadMaxBytes })
  if ('faults' in read) return { ok: false, faults: [...read.faults, ...faults] }
  const { bundle } = read
  if (labels) {
    const checked = checkHoldout(bundle.spec, bundle.expected, labels)
    for (const { row, message } of faultsOf(checked)) faults.push({ file: name, row, message })
    if (checked.ok) {
      for (const metric of bundle.manifest.secondary_metrics ?? []) {
        const message = findUnscorable(bundle.spec, checked.table, metric)
        if (message !== null)
          faults.push({ file: name, row: null, message: `${metric}: ${message}` })
      }
    }
  }
  if (faults.length > 0) return { ok: false, faults }
  return { ok: true, value: { bundle, files, labels } }
}

/**
 * The manifest of an operator's labels. Labels, ids, columns and the installation's secret make the version's name and its salt: the same
 * import is the same version, and neither says anything about the labels.
 */
export function describeHoldout(
  { manifest, spec, idsSha256 }: Bundle,
  labels: Uint8Array,
  secretSeed: string,
): HoldoutManifest {
  const { slug, metric_version, expected_rows } = manifest
  const holdout_sha256 = sha256(labels)
  const facts = JSON.stringify([slug, metric_version, meaningOf(spec), idsSha256, holdout_sha256])
  const secret = (purpose: string) =>
    createHmac('sha256', secretSeed).update(`${purpose} ${facts}`).digest('hex')
  return {
    format: 1,
    slug,
    kind: 'operator',
    split_version: `${manifest.split_version}-${secret('operator split').slice(0, 12)}`,
    metric_version,
    rows: expected_rows,
    ids_sha256: idsSha256,
    holdout_sha256,
    salt: secret('operator salt'),
  }
}
