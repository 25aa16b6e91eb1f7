import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hashFiles, listFiles } from './content-hash.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'content-hash-'))
  mkdirSync(join(folder, 'src'))
  writeFileSync(join(folder, 'src/main.ts'), 'run()')
  writeFileSync(join(folder, 'package.json'), '{}')
})
afterEach(() => rmSync(folder, { recursive: true }))

const hash = () => hashFiles(listFiles(folder, 'app'))

describe(listFiles, () => {
  it('names files below the wanted folder, in the order of their names', () => {
    expect(listFiles(folder, 'app').map(({ to }) => to)).toEqual([
      'app/package.json',
      'app/src/main.ts',
    ])
  })

  it('takes a single file under the wanted name', () => {
    expect(listFiles(join(folder, 'package.json'), 'manifest.json')).toMatchObject([
      { to: 'manifest.json', kind: 'file' },
    ])
  })

  it('leaves out tests and what tools generate', () => {
    for (const name of ['node_modules', '.next']) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'index.js'), '')
    }
    for (const name of ['main.test.ts', 'page.test.tsx', 'port.contract.ts', 'next-env.d.ts']) {
      writeFileSync(join(folder, 'src', name), '')
    }
    expect(listFiles(folder, 'app')).toHaveLength(2)
  })

  it('keeps a link as a link', () => {
    symlinkSync('main.ts', join(folder, 'src/other.ts'))
    expect(listFiles(join(folder, 'src'), '').map(({ to, kind }) => [to, kind])).toEqual([
      ['main.ts', 'file'],
      ['other.ts', 'link'],
    ])
  })
})

describe(hashFiles, () => {
  it('stays the same when only times change', () => {
    const before = hash()
    utimesSync(join(folder, 'package.json'), 1, 1)
    expect(hash()).toBe(before)
  })

  it('stays the same wherever the repository lies, and with files in any order', () => {
    const files = listFiles(folder, 'app')
    const copy = mkdtempSync(join(tmpdir(), 'content-hash-'))
    try {
      mkdirSync(join(copy, 'src'))
      writeFileSync(join(copy, 'src/main.ts'), 'run()')
      writeFileSync(join(copy, 'package.json'), '{}')
      expect(hashFiles(listFiles(copy, 'app').toReversed())).toBe(hashFiles(files))
    } finally {
      rmSync(copy, { recursive: true })
    }
  })

  it('changes with content, name and the executable bit', () => {
    const seen = new Set([hash()])
    writeFileSync(join(folder, 'src/main.ts'), 'run() ')
    seen.add(hash())
    chmodSync(join(folder, 'src/main.ts'), 0o755)
    seen.add(hash())
    writeFileSync(join(folder, 'src/empty.ts'), '')
    seen.add(hash())
    seen.add(hashFiles(listFiles(folder, 'other')))
    expect(seen.size).toBe(5)
  })

  it('does not take bytes moved from one file to the next for the same content', () => {
    writeFileSync(join(folder, 'a'), 'xy')
    writeFileSync(join(folder, 'b'), 'z')
    const before = hash()
    writeFileSync(join(folder, 'a'), 'x')
    writeFileSync(join(folder, 'b'), 'yz')
    expect(hash()).not.toBe(before)
  })
})
