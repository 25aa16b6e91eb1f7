import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mergeEnv, parseEnv, writeSecretFile } from './env-file.ts'

const TEMPLATE =
  '# Where it answers.\nDOMAIN=localhost\n\n# --- Part\n# How many.\n# At most.\nLIMIT=\n'

describe(parseEnv, () => {
  test('reads assignments, the last of a name, without surrounding quotes', () => {
    const text = '# A=0\nA=1\nB="two words"\n C=a=b#c \nA=2\nnot an assignment\n'
    expect(parseEnv(text)).toEqual({ A: '2', B: 'two words', C: 'a=b#c' })
  })
})

describe(mergeEnv, () => {
  test('fills a template and keeps its comments and order', () => {
    const merged = mergeEnv(TEMPLATE, TEMPLATE, { DOMAIN: 'example.org', LIMIT: '7' })
    expect(merged).toBe(TEMPLATE.replace('localhost', 'example.org').replace('LIMIT=', 'LIMIT=7'))
  })

  test('changes nothing where every value stands already, so that writing it again is no change', () => {
    const text = 'LIMIT="7"\n# mine\nDOMAIN=localhost'
    expect(mergeEnv(text, TEMPLATE, { LIMIT: '7', DOMAIN: 'localhost' })).toBe(text)
  })

  test('keeps lines that it does not know', () => {
    expect(mergeEnv('OWN=1\nDOMAIN=a\n', TEMPLATE, { DOMAIN: 'b' })).toBe('OWN=1\nDOMAIN=b\n')
  })

  test('appends a setting that the file lacks, under its explanation', () => {
    expect(mergeEnv('DOMAIN=a\n', TEMPLATE, { LIMIT: '7' })).toBe(
      'DOMAIN=a\n\n# How many.\n# At most.\nLIMIT=7\n',
    )
  })
})

describe(writeSecretFile, () => {
  test('replaces a file that anybody could read by one that only its owner can', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'medforge-env-')), '.env')
    writeFileSync(file, 'old', { mode: 0o644 })
    writeSecretFile(file, 'new')
    expect(readFileSync(file, 'utf8')).toBe('new')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })
})
