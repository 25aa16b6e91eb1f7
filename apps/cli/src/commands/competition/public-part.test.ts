import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BUNDLES_ROOT, readPublicFiles, storeBundle } from '@medforge/competitions'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { requirePublicFiles } from './public-part.ts'

const SLUG = 'titanic-survival'
const SHIPPED = { slug: SLUG, bundle_version: null }

let home: string
let roots: { shippedRoot: string; installedRoot: string }

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'public-part-'))
  roots = { shippedRoot: join(home, 'shipped'), installedRoot: join(home, 'public') }
  await cp(join(BUNDLES_ROOT, SLUG), join(roots.shippedRoot, SLUG), { recursive: true })
})
afterEach(() => rm(home, { recursive: true }))

async function install() {
  const files = await readPublicFiles(roots, SHIPPED)
  const bundle_version = await storeBundle(roots.installedRoot, SLUG, files)
  return { slug: SLUG, bundle_version, folder: join(roots.installedRoot, SLUG, bundle_version) }
}

describe(requirePublicFiles, () => {
  test('gives every file of a shipped bundle and of an imported one, byte for byte', async () => {
    const files = Object.entries(await readPublicFiles(roots, SHIPPED))
    expect(files).toHaveLength(4)
    expect(await requirePublicFiles(roots, SHIPPED)).toEqual(files)
    expect(await requirePublicFiles(roots, await install())).toEqual(files)
  })

  test('gives the file of a reference entry, too, which is part of the version', async () => {
    const shipped = join(roots.shippedRoot, SLUG)
    const before = await install()
    const manifest = JSON.parse(await readFile(join(shipped, 'manifest.json'), 'utf8'))
    manifest.reference_entries = [{ name: 'Ours', file: 'reference-ours.csv' }]
    await writeFile(join(shipped, 'manifest.json'), JSON.stringify(manifest))
    await cp(join(shipped, 'sample_submission.csv'), join(shipped, 'reference-ours.csv'))
    const installed = await install()
    expect(installed.bundle_version).not.toBe(before.bundle_version)
    const files = await requirePublicFiles(roots, installed)
    expect(files.map(([name]) => name)).toContain('reference-ours.csv')
    await rm(join(installed.folder, 'reference-ours.csv'))
    await expect(requirePublicFiles(roots, installed)).rejects.toMatchObject({ name: 'Failure' })
  })

  test.each<[string, (folder: string) => Promise<void>]>([
    ['missing', (folder) => rm(join(folder, 'rules.md'))],
    ['changed', (folder) => writeFile(join(folder, 'rules.md'), 'Cheat.')],
  ])('refuses an imported bundle of which a file is %s', async (_, damage) => {
    const installed = await install()
    await damage(installed.folder)
    await expect(requirePublicFiles(roots, installed)).rejects.toMatchObject({
      name: 'Failure',
      message: expect.stringContaining('missing or damaged'),
      remedy: expect.stringContaining('Import its bundle again'),
    })
  })

  test('refuses a shipped bundle of which a file is missing', async () => {
    await rm(join(roots.shippedRoot, SLUG, 'rules.md'))
    await expect(requirePublicFiles(roots, SHIPPED)).rejects.toMatchObject({
      name: 'Failure',
      remedy: expect.stringContaining('as MedForge ships it'),
    })
  })
})
