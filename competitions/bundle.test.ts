import { createHash } from 'node:crypto'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { BUNDLES_ROOT, loadBundles } from './bundle.ts'

const folders: string[] = []

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

async function copyOf(slug: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'bundles-'))
  folders.push(root)
  await cp(join(BUNDLES_ROOT, slug), join(root, slug), { recursive: true })
  return root
}

async function titanicWith(change: Record<string, unknown>): Promise<string> {
  const root = await copyOf('titanic-survival')
  const [bundle] = await loadBundles(root)
  const manifest = { ...bundle?.manifest, ...change }
  await writeFile(join(root, 'titanic-survival/manifest.json'), JSON.stringify(manifest))
  return root
}

describe(loadBundles, () => {
  test('finds the three competitions with the facts of the contract', async () => {
    const bundles = await loadBundles()
    expect(
      bundles.map(({ manifest, expected }) => [
        manifest.slug,
        manifest.metric_version,
        manifest.submission_cap_per_day,
        manifest.dataset.slug,
        expected.ids.length,
      ]),
    ).toEqual([
      ['cifar-100-classification', 'accuracy-v1', 20, 'cifar-100', 10_000],
      ['rsna-pneumonia-detection', 'map_iou-v2', 10, 'rsna-pneumonia-detection-challenge', 5337],
      ['titanic-survival', 'accuracy-v1', 20, 'titanic-kaggle', 418],
    ])
  })

  test('expects passengers 892 to 1309, images 0 to 9999, and patients made by rule', async () => {
    const [cifar, rsna, titanic] = await loadBundles()
    expect(titanic?.expected.ids).toEqual(Array.from({ length: 418 }, (_, at) => `${892 + at}`))
    expect(cifar?.expected.ids).toEqual(Array.from({ length: 10_000 }, (_, at) => `${at}`))
    expect(rsna?.expected.ids).toEqual(Array.from({ length: 5337 }, (_, at) => patientId(at)))
  })

  test.each([
    { note: 'an unknown metric', change: { metric: 'auc' }, message: '/metric' },
    {
      note: 'a version that is not computed here',
      change: { metric_version: 'accuracy-v2' },
      message: 'accuracy-v1',
    },
    { note: 'no labels', change: { labels: undefined }, message: 'lowest and the highest label' },
    { note: 'a row count that is wrong', change: { expected_rows: 417 }, message: '418 ids' },
    {
      note: 'a column named twice',
      change: { target_columns: ['PassengerId'] },
      message: 'named twice',
    },
    {
      note: 'another slug than its folder',
      change: { slug: 'titanic' },
      message: 'has to be named titanic',
    },
    {
      note: 'demo weights that do not fit',
      change: { demo: { kind: 'labels', weights: [1] } },
      message: '2 items',
    },
    {
      note: 'a metric of another layout',
      change: { metric: 'dice', metric_version: 'dice-v1' },
      message: 'width and the height',
    },
    {
      note: 'a risk without the columns of its holdout',
      change: { metric: 'concordance_index', metric_version: 'concordance_index-v1' },
      message: 'time and that of the event',
    },
    {
      note: 'columns of a holdout that has the target columns',
      change: { holdout_columns: ['a', 'b'] },
      message: 'holdout_columns is for a risk',
    },
    {
      note: 'a demo that cannot be made up',
      change: { metric: 'auroc', metric_version: 'auroc-v1' },
      message: 'the demo of a competition for auroc makes nothing',
    },
    {
      note: 'a secondary metric of another layout',
      change: { secondary_metrics: ['auroc'] },
      message: 'secondary_metrics has auroc, which do not score labels',
    },
    {
      note: 'the metric that ranks as a secondary one',
      change: { secondary_metrics: ['macro_f1', 'accuracy'] },
      message: 'a metric twice, or the one that ranks',
    },
    {
      note: 'a reference entry twice',
      change: { reference_entries: [1, 2].map(() => ({ name: 'Chance', baseline: 'random' })) },
      message: 'reference_entries has a name twice',
    },
    {
      note: 'a reference entry whose file is not there',
      change: { reference_entries: [{ name: 'Ours', file: 'reference-ours.csv' }] },
      message: 'reference-ours.csv: cannot be read',
    },
    {
      note: 'a reference entry of a file of another name',
      change: { reference_entries: [{ name: 'Ours', file: '../sample_submission.csv' }] },
      message: '/reference_entries/0',
    },
    {
      note: 'a column that the sample lacks',
      change: { id_column: 'id' },
      message: '"id" is missing',
    },
  ])('refuses a bundle with $note', async ({ change, message }) => {
    await expect(loadBundles(await titanicWith(change))).rejects.toThrow(message)
  })

  test('refuses secondary metrics that tell far more about the labels than the one that ranks', async () => {
    const change = {
      labels: undefined,
      demo: undefined,
      metric: 'auroc',
      metric_version: 'auroc-v1',
    }
    const root = await titanicWith({ ...change, secondary_metrics: ['log_loss'] })
    await expect(loadBundles(root)).rejects.toThrow('log_loss, which can tell far more')
    const bounded = await titanicWith({ ...change, secondary_metrics: [] })
    await expect(loadBundles(bounded)).resolves.toHaveLength(1)
  })

  test('checks the file of a reference entry as a submission, and knows it by its content', async () => {
    const reference_entries = [{ name: 'Ours', file: 'reference-ours.csv' }]
    const root = await copyOf('titanic-survival')
    const folder = join(root, 'titanic-survival')
    const [shipped] = await loadBundles(root)
    const manifest = { ...shipped?.manifest, reference_entries }
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest))
    const sample = shipped?.sampleSubmission ?? Buffer.alloc(0)
    await writeFile(join(folder, 'reference-ours.csv'), sample)
    const [bundle] = await loadBundles(root)
    const source = createHash('sha256').update(sample).digest('hex')
    expect(bundle?.references).toEqual([{ name: 'Ours', source, file: sample }])
    await writeFile(join(folder, 'reference-ours.csv'), 'PassengerId,Survived\n892,7\n')
    await expect(loadBundles(root)).rejects.toThrow(/reference-ours\.csv row 2/)
  })

  test('names the part that is missing', async () => {
    const root = await copyOf('titanic-survival')
    await rm(join(root, 'titanic-survival/rules.md'))
    await expect(loadBundles(root)).rejects.toThrow('rules.md: cannot be read')
  })
})

/** The demo's patients: SHA-256 of a counter, written like the real set's ids. */
function patientId(index: number): string {
  const hex = createHash('sha256').update(`medforge demo patient ${index}`).digest('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-')
}
