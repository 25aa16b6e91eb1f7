import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { score } from '@medforge/scoring'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BUNDLES_ROOT, loadBundles } from './bundle.ts'
import { ensureCompetitionData } from './ensure.ts'
import {
  readCurrentVersion,
  readHoldoutFacts,
  readHoldoutTable,
  setCurrentVersion,
  sha256,
  writeHoldout,
} from './holdout-store.ts'
import { competitionSeeds } from './seeds.ts'

const SEED = 'a secret of this installation, forty characters'
const SLUG = 'titanic-survival'

let hiddenRoot: string
const output: string[] = []

beforeEach(async () => {
  hiddenRoot = join(await mkdtemp(join(tmpdir(), 'hidden-')), 'hidden')
  output.length = 0
})
afterEach(() => rm(join(hiddenRoot, '..'), { recursive: true }))

const options = (secretSeed = SEED) => ({
  publicRoot: BUNDLES_ROOT,
  hiddenRoot,
  secretSeed,
  log: (sentence: string) => output.push(sentence),
  readerGid: null,
})
const seeds = () => competitionSeeds({ ...options(), at: new Date('2026-11-23T12:00:00Z') })

async function readAll(): Promise<Record<string, string>> {
  const names = (await readdir(hiddenRoot, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const texts = await Promise.all(names.map((name) => readFile(name, 'utf8')))
  return Object.fromEntries(
    names.map((name, at) => [name.slice(hiddenRoot.length), sha256(texts[at] ?? '')]),
  )
}

async function titanic() {
  const bundle = (await loadBundles()).find(({ manifest }) => manifest.slug === SLUG)
  if (!bundle) throw new Error('no bundle')
  return bundle
}

async function currentFile(name: string): Promise<string> {
  return join(hiddenRoot, SLUG, (await readCurrentVersion(hiddenRoot, SLUG)) ?? '', name)
}

/** An operator's holdout: everybody survived. */
async function importHoldout(): Promise<void> {
  const bundle = await titanic()
  const labels = `PassengerId,Survived\n${bundle.expected.ids.map((id) => `${id},1\n`).join('')}`
  const manifest = {
    format: 1,
    slug: SLUG,
    kind: 'operator',
    split_version: '2026-11',
    metric_version: 'accuracy-v1',
    rows: 418,
    ids_sha256: bundle.idsSha256,
    holdout_sha256: sha256(labels),
    salt: sha256('salt'),
  } as const
  await writeHoldout(hiddenRoot, manifest, labels, null)
  await setCurrentVersion(hiddenRoot, SLUG, '2026-11', null)
}

describe(ensureCompetitionData, () => {
  test('makes a demo holdout of the true shape for each competition', async () => {
    const ensured = await ensureCompetitionData(options())
    expect(ensured.map(({ slug, kind, made }) => [slug, kind, made])).toEqual([
      ['cifar-100-classification', 'demo', true],
      ['rsna-pneumonia-detection', 'demo', true],
      ['titanic-survival', 'demo', true],
    ])
    for (const bundle of await loadBundles()) {
      const version = ensured.find(({ slug }) => slug === bundle.manifest.slug)?.version ?? ''
      const facts = await readHoldoutFacts(hiddenRoot, bundle.manifest.slug, version)
      const table = await readHoldoutTable(hiddenRoot, bundle, facts)
      expect(score(bundle.spec.metric, table, table).primary_score).toBe(1)
    }
  })

  test('gives the demo labels the balance of the real ones', async () => {
    await ensureCompetitionData(options())
    const [cifar, rsna, survival] = await Promise.all(
      (await loadBundles()).map(async (bundle) => {
        const { slug } = bundle.manifest
        const version = (await readCurrentVersion(hiddenRoot, slug)) ?? ''
        return readHoldoutTable(
          hiddenRoot,
          bundle,
          await readHoldoutFacts(hiddenRoot, slug, version),
        )
      }),
    )
    if (cifar?.kind !== 'labels' || survival?.kind !== 'labels') throw new Error('no labels')
    if (rsna?.kind !== 'boxes') throw new Error('no boxes')
    const counts = Object.values(Object.groupBy(cifar.labels, (label) => label))
    expect(counts.map((same) => same?.length)).toEqual(Array.from({ length: 100 }, () => 100))
    expect(survival.labels.reduce((sum, label) => sum + label, 0)).toBe(155)
    const positive = rsna.images.filter((boxes) => boxes.length > 0)
    expect(positive.length).toBe(1201)
    for (const { x, y, width, height } of positive.flat()) {
      expect(x >= 0 && y >= 0 && x + width <= 1024 && y + height <= 1024).toBe(true)
    }
  })

  test('changes nothing when repeated', async () => {
    await ensureCompetitionData(options())
    const before = await readAll()
    output.length = 0
    const again = await ensureCompetitionData(options())
    expect(again.every(({ made }) => !made)).toBe(true)
    expect(output).toEqual([])
    expect(await readAll()).toEqual(before)
  })

  test('makes the same holdouts again from the same seed, and others under other names from another', async () => {
    await ensureCompetitionData(options())
    const first = await readAll()
    await rm(hiddenRoot, { recursive: true })
    await ensureCompetitionData(options())
    expect(await readAll()).toEqual(first)
    await rm(hiddenRoot, { recursive: true })
    await ensureCompetitionData(options(`${SEED}!`))
    const files = (of: Record<string, string>) =>
      Object.keys(of).filter((name) => name.endsWith('.csv'))
    expect(files(await readAll())).not.toEqual(files(first))
  })

  test('repairs a damaged demo', async () => {
    await ensureCompetitionData(options())
    const before = await readAll()
    await writeFile(await currentFile('holdout_labels.csv'), 'PassengerId,Survived\n892,1\n')
    const ensured = await ensureCompetitionData(options())
    expect(ensured.filter(({ made }) => made).map(({ slug }) => slug)).toEqual([SLUG])
    expect(await readAll()).toEqual(before)
  })

  test("never touches an operator's holdout, whole or damaged", async () => {
    await ensureCompetitionData(options())
    await importHoldout()
    const whole = await readAll()
    await ensureCompetitionData(options())
    expect(await readAll()).toEqual(whole)
    await rm(await currentFile('manifest.json'))
    const damaged = await readAll()
    const ensured = await ensureCompetitionData(options())
    expect(ensured.find(({ slug }) => slug === SLUG)).toMatchObject({ version: null, made: false })
    expect(output.join()).toContain('Import it again')
    expect(await readAll()).toEqual(damaged)
  })

  test('keeps holdouts from everybody but root and the worker', async () => {
    await ensureCompetitionData(options())
    const mode = async (path: string) => (await stat(path)).mode & 0o777
    expect(await mode(hiddenRoot)).toBe(0o750)
    expect(await mode(join(hiddenRoot, SLUG))).toBe(0o750)
    expect(await mode(await currentFile('.'))).toBe(0o750)
    expect(await mode(await currentFile('holdout_labels.csv'))).toBe(0o640)
    expect(await mode(await currentFile('manifest.json'))).toBe(0o640)
  })

  test('salts the hash that scores are stamped with', async () => {
    await ensureCompetitionData(options())
    const { salt } = JSON.parse(await readFile(await currentFile('manifest.json'), 'utf8'))
    expect(salt).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe(competitionSeeds, () => {
  test('says of every competition what its bundle and its holdout say', async () => {
    await ensureCompetitionData(options())
    const rows = await seeds()
    expect(rows.map(({ competition }) => competition.slug)).toEqual([
      'cifar-100-classification',
      'rsna-pneumonia-detection',
      'titanic-survival',
    ])
    const manifest = await readFile(await currentFile('manifest.json'))
    expect(rows.at(-1)).toMatchObject({
      dataset: { slug: 'titanic-kaggle', storage_path: 'titanic-kaggle' },
      competition: {
        metric: 'accuracy',
        metric_version: 'accuracy-v1',
        submission_cap_per_day: 20,
        holdout_kind: 'demo',
        holdout_rows: 418,
        evaluation_split_version: await readCurrentVersion(hiddenRoot, SLUG),
        manifest_sha256: sha256(manifest),
      },
    })
  })

  test("follows an operator's holdout", async () => {
    await ensureCompetitionData(options())
    await importHoldout()
    expect((await seeds()).at(-1)?.competition).toMatchObject({
      holdout_kind: 'operator',
      evaluation_split_version: '2026-11',
    })
  })

  test('leaves the row of a competition alone whose holdout cannot be read', async () => {
    await ensureCompetitionData(options())
    await chmod(await currentFile('manifest.json'), 0o600)
    await writeFile(await currentFile('manifest.json'), '{')
    expect(await seeds()).toHaveLength(2)
    expect(output.join()).toContain(`${SLUG} was left as it was`)
  })
})
