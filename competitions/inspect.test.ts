import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { BUNDLES_ROOT, describeFault, loadBundles } from './bundle.ts'
import { factsOf, readHoldoutTable, storeHoldout } from './holdout-store.ts'
import { describeHoldout, inspectBundle } from './inspect.ts'

const SECRET = 'a secret of this installation, forty characters'
const folders: string[] = []

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

/** Titanic as an operator would hand it in, with everybody drowned. */
async function titanic(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'inspect-'))
  folders.push(folder)
  await cp(join(BUNDLES_ROOT, 'titanic-survival'), folder, { recursive: true })
  await cp(join(folder, 'sample_submission.csv'), join(folder, 'holdout_labels.csv'))
  return folder
}

async function inspected(folder: string) {
  const result = await inspectBundle(folder)
  if (!result.ok) throw new Error(result.faults.map(describeFault).join('\n'))
  const { bundle, labels } = result.value
  if (!labels) throw new Error('There are no labels.')
  return { bundle, labels }
}

describe(inspectBundle, () => {
  test('takes a folder whose parts agree', async () => {
    const { bundle, labels } = await inspected(await titanic())
    expect(bundle.manifest.slug).toBe('titanic-survival')
    expect(labels.length).toBeGreaterThan(418 * 5)
  })

  test('refuses whole numbers with an exponent, which a bundle and labels in use from before may have', async () => {
    const folder = await titanic()
    const sample = await readFile(join(folder, 'sample_submission.csv'), 'utf8')
    const written = Buffer.from(sample.replace('893,0', '893,1e0'))
    for (const name of ['holdout_labels.csv', 'sample_submission.csv']) {
      await writeFile(join(folder, name), written)
      const result = await inspectBundle(folder)
      const faults = result.ok ? [] : result.faults
      expect(faults).toMatchObject([{ file: name, row: 3 }])
    }

    const root = await mkdtemp(join(tmpdir(), 'in-use-'))
    folders.push(root)
    await cp(folder, join(root, 'titanic-survival'), { recursive: true })
    const [bundle] = await loadBundles(root)
    if (!bundle) throw new Error('There is no bundle.')
    const holdout = describeHoldout(bundle, written, SECRET)
    await storeHoldout(join(root, 'hidden'), holdout, written, null)
    const table = await readHoldoutTable(join(root, 'hidden'), bundle, factsOf(holdout))
    expect(table).toMatchObject({ labels: expect.objectContaining({ 1: 1 }) })
  })

  test('refuses the direction in which the metric does not run', async () => {
    const folder = await titanic()
    const path = join(folder, 'manifest.json')
    const manifest = JSON.parse(await readFile(path, 'utf8'))
    await writeFile(path, JSON.stringify({ ...manifest, higher_is_better: false }))
    const result = await inspectBundle(folder)
    expect(result.ok ? [] : result.faults).toEqual([
      {
        file: 'manifest.json',
        row: null,
        message: 'higher_is_better has to be true for accuracy',
      },
    ])
  })

  test('names every fault of every file at once, with its row', async () => {
    const folder = await titanic()
    const sample = await readFile(join(folder, 'sample_submission.csv'), 'utf8')
    await writeFile(join(folder, 'sample_submission.csv'), sample.replace('893,', '892,'))
    await writeFile(join(folder, 'overview.md'), Buffer.from([0xff, 0xfe]))
    await rm(join(folder, 'rules.md'))
    const result = await inspectBundle(folder, { holdoutFile: join(folder, 'nowhere.csv') })
    expect(result.ok ? [] : result.faults.map(({ file, row }) => [file, row])).toEqual([
      ['rules.md', null],
      ['overview.md', null],
      ['sample_submission.csv', 3],
      [join(folder, 'nowhere.csv'), null],
    ])
  })

  test.each([
    'manifest.json',
    'overview.md',
    'rules.md',
    'sample_submission.csv',
    'holdout_labels.csv',
  ])('reads no link, pipe, folder or endless file in place of %s', async (name) => {
    const folder = await titanic()
    const path = join(folder, name)
    const aside = join(folder, 'aside')
    await cp(path, aside)
    const swaps = {
      'a symbolic link': () => symlink(aside, path),
      'regular file': () => mkdir(path),
      'no regular file': async () => execFileSync('mkfifo', [path]),
      'larger than': async () => {
        await cp(aside, path)
        await truncate(path, 65 * 1024 * 1024)
      },
    }
    for (const [message, swap] of Object.entries(swaps)) {
      await rm(path, { recursive: true })
      await swap()
      const result = await inspectBundle(folder)
      const faults = result.ok ? [] : result.faults.filter(({ file }) => file === name)
      expect(faults.map((fault) => fault.message)).toEqual([expect.stringContaining(message)])
    }
  })

  test('refuses a competition to which nobody could submit: its sample is larger than an upload may be', async () => {
    const folder = await titanic()
    const { length } = await readFile(join(folder, 'sample_submission.csv'))
    expect((await inspectBundle(folder, { uploadMaxBytes: length })).ok).toBe(true)
    const result = await inspectBundle(folder, { uploadMaxBytes: length - 1 })
    expect(result.ok ? [] : result.faults).toEqual([
      {
        file: 'sample_submission.csv',
        row: null,
        message: expect.stringContaining(`has ${length} bytes, and uploads end at ${length - 1}`),
      },
    ])
  })

  test('reads no folder behind a link', async () => {
    const folder = await titanic()
    const link = join(await mkdtemp(join(tmpdir(), 'inspect-')), 'bundle')
    folders.push(join(link, '..'))
    await symlink(folder, link)
    for (const path of [link, `${link}/`]) {
      const result = await inspectBundle(path)
      expect(result.ok ? [] : result.faults.map(({ file }) => file)).toContain(path)
    }
  })

  test('describes faults without commands for a terminal', async () => {
    const folder = await titanic()
    const manifest = await readFile(join(folder, 'manifest.json'), 'utf8')
    const sample = await readFile(join(folder, 'sample_submission.csv'), 'utf8')
    const evil = '\u001b]0;owned\u0007\u009b2J'
    await writeFile(join(folder, 'manifest.json'), manifest.replace('{', `{"${evil}": 1,`))
    await writeFile(join(folder, 'sample_submission.csv'), `${sample}${evil},${evil}\n`)
    const result = await inspectBundle(folder)
    const output = result.ok ? '' : result.faults.map(describeFault).join('')
    expect(output).not.toBe('')
    expect(output).not.toMatch(/\p{Cc}/u)
  })

  test('checks labels against ids and range, row by row', async () => {
    const folder = await titanic()
    const labels = await readFile(join(folder, 'holdout_labels.csv'), 'utf8')
    const lines = labels.split('\n')
    lines[5] = '896,2'
    lines[9] = '1,0'
    await writeFile(join(folder, 'holdout_labels.csv'), lines.join('\n'))
    const result = await inspectBundle(folder)
    expect(result.ok ? [] : result.faults.map(({ file, row }) => [file, row])).toEqual([
      ['holdout_labels.csv', 10],
      ['holdout_labels.csv', null],
      ['holdout_labels.csv', 6],
    ])
  })
})

describe(describeHoldout, () => {
  test('gives the same labels the same name, and other labels or another installation another', async () => {
    const { bundle, labels } = await inspected(await titanic())
    const name = (bytes: Uint8Array, secret = SECRET) =>
      describeHoldout(bundle, bytes, secret).split_version
    const other = Buffer.from(labels.toString().replace('892,0', '892,1'))
    expect(name(labels)).toBe(name(Buffer.from(labels)))
    expect(new Set([name(labels), name(other), name(labels, `${SECRET}!`)]).size).toBe(3)
    expect(name(labels)).toMatch(/^v1-[0-9a-f]{12}$/)
  })
})

describe(storeHoldout, () => {
  test('keeps a version that is there, and never writes over one that differs', async () => {
    const folder = await titanic()
    const root = join(folder, 'hidden')
    const { bundle, labels } = await inspected(folder)
    const manifest = describeHoldout(bundle, labels, SECRET)
    const first = await storeHoldout(root, manifest, labels, null)
    expect(await storeHoldout(root, manifest, labels, null)).toEqual(first)
    const stored = join(root, manifest.slug, manifest.split_version, 'holdout_labels.csv')
    await writeFile(stored, 'something else')
    await expect(storeHoldout(root, manifest, labels, null)).rejects.toThrow('damaged')
    expect(await readFile(stored, 'utf8')).toBe('something else')
  })
})
