import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inspectBundle } from './inspect.ts'
import { type SplitOptions, splitLabels } from './split.ts'

const OPTIONS: SplitOptions = { slug: 'moles', share: 0.2, seed: '7' }
const ids = Array.from({ length: 50 }, (_, at) => `mole-${at}`)
const csv = (header: string, row: (at: number) => string) =>
  Buffer.from([header, ...ids.map((id, at) => `${id},${row(at)}`), ''].join('\n'))
const idsOf = (text: string) =>
  new Set(
    text
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',')[0] ?? ''),
  )

/** What an import would say of it. */
async function inspect(files: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'split-'))
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    return await inspectBundle(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe(splitLabels, () => {
  test.each<[string, Buffer, Partial<SplitOptions>, Record<string, unknown>]>([
    [
      'numbers',
      csv('id,grade', (at) => String(at % 5)),
      {},
      { metric: 'accuracy', labels: { min: 0, max: 4 } },
    ],
    [
      'names',
      csv('id,kind', (at) => (at % 2 ? 'nevus' : 'melanoma')),
      {},
      { label_names: ['melanoma', 'nevus'] },
    ],
    [
      '0 and 1 for AUROC',
      csv('id,sick', (at) => String(+(at % 10 === 0))),
      { metric: 'auroc' },
      { target_columns: ['sick'] },
    ],
    [
      'several classes',
      csv('id,a,b', (at) => (at % 3 ? '1,0' : '0,1')),
      { metric: 'log_loss' },
      { target_columns: ['a', 'b'], higher_is_better: false },
    ],
    ['values', csv('id,age', (at) => `${at}.5`), {}, { metric: 'rmse' }],
    [
      'times and events',
      csv('id,months,died', (at) => `${at},${at % 2}`),
      { metric: 'concordance_index' },
      { target_columns: ['risk'], holdout_columns: ['months', 'died'] },
    ],
    [
      'masks',
      csv('id,mask', (at) => (at % 2 ? '1 4 9 2' : '')),
      { metric: 'dice', image: { width: 4, height: 4 } },
      { image: { width: 4, height: 4 } },
    ],
    [
      'boxes',
      csv('id,x,y,width,height,Target', (at) => (at % 2 ? '1,2,3,4,1' : ',,,,0')),
      {},
      { metric: 'map_iou' },
    ],
  ])('makes a bundle of %s that an import takes', async (_note, file, options, manifest) => {
    const files = splitLabels(file, { ...OPTIONS, ...options })
    const inspected = await inspect(files)
    expect(inspected.ok ? [] : inspected.faults).toEqual([])
    expect(JSON.parse(files['manifest.json'] ?? '')).toMatchObject({
      ...manifest,
      expected_rows: 10,
    })
    const [held, training] = [
      idsOf(files['holdout_labels.csv'] ?? ''),
      idsOf(files['training_labels.csv']),
    ]
    expect([held.size, training.size]).toEqual([10, 40])
    expect(new Set([...held, ...training])).toEqual(new Set(ids))
  })

  test('chooses the same ids for the same seed, in whatever order, and other ids for another', () => {
    const grade = (at: number) => String(at % 5)
    const file = csv('id,grade', grade)
    const [header = '', ...rows] = file.toString().trim().split('\n')
    const reversed = Buffer.from([header, ...rows.reverse(), ''].join('\n'))
    const held = (bytes: Buffer, seed: string) =>
      idsOf(splitLabels(bytes, { ...OPTIONS, seed })['holdout_labels.csv'] ?? '')
    expect(held(reversed, '7')).toEqual(held(file, '7'))
    expect(held(file, '8')).not.toEqual(held(file, '7'))
  })

  test('keeps a rare label in both parts', () => {
    const files = splitLabels(
      csv('id,sick', (at) => String(+(at < 5))),
      OPTIONS,
    )
    expect(files['holdout_labels.csv']?.match(/,1$/gm)).toHaveLength(1)
    expect(files['training_labels.csv'].match(/,1$/gm)).toHaveLength(4)
  })

  test.each<[string, Buffer, Partial<SplitOptions>, string]>([
    ['a column that is not there', csv('id,a', () => '1'), { idColumn: 'name' }, 'no column name'],
    [
      'a share that leaves nothing',
      csv('id,a', () => '1'),
      { share: 0.001 },
      'leaves one part empty',
    ],
    ['columns of unknown meaning', csv('id,a,b', () => '1,2'), {}, '--metric'],
    ['masks of unknown size', csv('id,mask', () => ''), { metric: 'iou' }, '--image'],
    ['a row that is short', csv('id,a,b', () => '1'), {}, 'fewer cells'],
    ['nothing', Buffer.from('id,a\n'), {}, 'no labels'],
  ])('refuses %s', (_note, file, options, message) => {
    expect(() => splitLabels(file, { ...OPTIONS, ...options })).toThrow(message)
  })
})
