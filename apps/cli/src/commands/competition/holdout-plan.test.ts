import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BUNDLES_ROOT,
  bundleVersionOf,
  type InspectedBundle,
  inspectBundle,
  storeBundle,
} from '@medforge/competitions'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type HoldoutSources, planHoldout } from './holdout-plan.ts'

const SLUG = 'titanic-survival'

let home: string
let sources: HoldoutSources
let inspected: InspectedBundle

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdout-plan-'))
  sources = {
    installedRoot: join(home, 'public'),
    hiddenRoot: join(home, 'hidden'),
    secretSeed: 'a secret of this installation, forty characters',
    readerGid: null,
  }
  const result = await inspectBundle(join(BUNDLES_ROOT, SLUG))
  if (!result.ok) throw new Error('The shipped bundle has faults.')
  inspected = result.value
})
afterEach(() => rm(home, { recursive: true }))

/** The competition as its first import leaves it. */
async function imported() {
  const { split_version } = (await (await planHoldout(inspected, undefined, sources)).store())
    .manifest
  const bundle_version = await storeBundle(sources.installedRoot, SLUG, inspected.files)
  return { slug: SLUG, bundle_version, evaluation_split_version: split_version }
}

type Row = Awaited<ReturnType<typeof imported>>
const damagePublicPart = ({ bundle_version }: Row) =>
  writeFile(join(sources.installedRoot, SLUG, bundle_version, 'rules.md'), 'Cheat.')
const manifestOf = ({ evaluation_split_version }: Row) =>
  join(sources.hiddenRoot, SLUG, evaluation_split_version, 'manifest.json')

/** The same bundle with other rules, without labels. */
function withOtherRules(): InspectedBundle {
  return { ...inspected, files: { ...inspected.files, 'rules.md': Buffer.from('Be fair.\n') } }
}

describe(planHoldout, () => {
  test('keeps the holdout of the same bundle where the stored public part is damaged, so that importing it again repairs it', async () => {
    const row = await imported()
    await damagePublicPart(row)
    const { facts } = await planHoldout(inspected, row, sources)
    expect(facts?.manifest.split_version).toBe(row.evaluation_split_version)
    await storeBundle(sources.installedRoot, SLUG, inspected.files)
    const stored = join(sources.installedRoot, SLUG, row.bundle_version, 'rules.md')
    expect(await readFile(stored)).toEqual(inspected.files['rules.md'])
  })

  test('keeps the holdout of a bundle with other words', async () => {
    const row = await imported()
    expect(bundleVersionOf(withOtherRules().files)).not.toBe(row.bundle_version)
    const { facts } = await planHoldout(withOtherRules(), row, sources)
    expect(facts?.manifest.split_version).toBe(row.evaluation_split_version)
  })

  test('asks for the labels of another bundle where nobody can say whether the holdout in use fits it', async () => {
    const row = await imported()
    await damagePublicPart(row)
    await expect(planHoldout(withOtherRules(), row, sources)).rejects.toMatchObject({
      name: 'Failure',
      message: `The stored public part of ${SLUG} is damaged.`,
      remedy: 'Name its labels with --holdout.',
    })
  })

  test('says what to do about a holdout in use that cannot be read', async () => {
    const row = await imported()
    await rm(manifestOf(row))
    await expect(planHoldout(inspected, row, sources)).rejects.toMatchObject({
      name: 'Failure',
      message: expect.stringContaining('manifest.json cannot be read.'),
      remedy:
        'Nothing was changed. Name the labels with --holdout, or restore the folder from the backup.',
    })
  })

  test('does not ask for labels that were named, where their stored copy is damaged', async () => {
    const labels = inspected.files['sample_submission.csv']
    const plan = await planHoldout({ ...inspected, labels }, undefined, sources)
    const { split_version } = (await plan.store()).manifest
    const row = { slug: SLUG, bundle_version: null, evaluation_split_version: split_version }
    await rm(manifestOf({ ...row, bundle_version: '' }))
    await expect(plan.store()).rejects.toMatchObject({
      name: 'Failure',
      remedy:
        'Nothing was changed. Restore the folder from the backup, or move it away and import again.',
    })
  })
})
