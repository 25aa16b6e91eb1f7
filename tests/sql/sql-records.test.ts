import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SqlSample } from '@medforge/db'
import { describe, expect, test } from 'vitest'
import { formatSql } from './format-sql.ts'
import { createRecordingDatabase } from './recording-database.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SOURCES = globSync('{apps/api,packages/core}/src/**/*.ts', { cwd: ROOT })
const WITH_SAMPLES = SOURCES.filter((path) => path.endsWith('.samples.ts')).map((path) =>
  path.replace('.samples.ts', ''),
)
const MODULES = WITH_SAMPLES.filter((path) => SOURCES.includes(`${path}.ts`))
const ASKS_DATABASE =
  /\.(selectFrom|selectNoFrom|insertInto|replaceInto|updateTable|deleteFrom)\(|sql(<[^`]*>)?`[^`]*\b(SELECT|INSERT|UPDATE|DELETE)\b|CompiledQuery\.raw/

type Arguments = readonly unknown[]
type Samples = Record<string, SqlSample<Arguments> | Record<string, SqlSample<Arguments>>>
type Module = Record<string, unknown>

const RECORDS = await Promise.all(MODULES.map(load))

describe.each(RECORDS)('$path', ({ path, module, samples }) => {
  test('has a sample for each function that asks the database', () => {
    const asking = Object.entries(module).filter(([, value]) => isAsync(value))
    const missing = asking.map(([name]) => name).filter((name) => !(name in samples))
    expect(missing, `Add arguments for them to ${path}.samples.ts.`).toEqual([])
  })

  test(`asks what ${basename(path)}.sql has; else run npm run generate:sql`, async () => {
    const records = ['-- Made by npm run generate:sql.']
    for (const [name, sample] of Object.entries(samples)) {
      for (const [title, call] of callsOf(sample)) {
        const { statements } = await callOnRecord(module[name], call)
        const heading = `-- ${name}${title === '' ? '' : `: ${title}`}`
        records.push([heading, ...statements.map((each) => `${formatSql(each)};`)].join('\n'))
      }
    }
    await expect(`${records.join('\n\n')}\n`).toMatchFileSnapshot(`${ROOT}/${path}.sql`)
  })
})

// In a transaction of the caller's they are found when it runs: the tests of tests/integration note what each transaction changes.
const CHANGES_ACCESS = [
  /^update `sessions` set .*`status` = \?.* where/s,
  /^update `auth_sessions` set .*`(?:revoked_at|token_hash|expires_at)` = \?.* where/s,
  /^update `users` set .*`(?:role|disabled_at|password_hash)` = \?.* where/s,
  /^delete from `(?:sessions|auth_sessions|users)`/,
]

test('a transaction that changes who may enter a session moves the epoch, and does so last', async () => {
  const transactions: { name: string; changes: boolean; movesLast: boolean; moves: boolean }[] = []
  for (const { module, samples } of RECORDS) {
    for (const [name, sample] of Object.entries(samples)) {
      for (const [, call] of callsOf(sample)) {
        const { statements, epochMoves } = await callOnRecord(module[name], call)
        const isOwn = statements[0] === 'begin'
        const end = isOwn ? statements.lastIndexOf('commit') : statements.length
        const changes = statements.some((each) => CHANGES_ACCESS.some((form) => form.test(each)))
        const moves = epochMoves.length > 0
        const movesLast = epochMoves.at(-1) === end - 1 && epochMoves.length === 1
        if (moves || (isOwn && changes)) transactions.push({ name, changes, moves, movesLast })
      }
    }
  }
  expect(transactions.filter(({ changes }) => changes).length).toBeGreaterThan(5)
  expect(transactions.filter(({ movesLast }) => !movesLast)).toEqual([])
})

test('every record and its samples belong to a module', () => {
  const records = globSync('{apps/api,packages/core}/src/**/*.sql', { cwd: ROOT })
  const recorded = records.map((path) => path.replace(/\.sql$/, ''))
  const orphans = [...WITH_SAMPLES, ...recorded].filter((path) => !MODULES.includes(path))
  expect(orphans, 'Remove what is left of them, or rename it with its module.').toEqual([])
})

test('SQL stands in modules whose SQL is on record, and nowhere else', () => {
  const asking = SOURCES.filter(
    (path) =>
      !/\.(test|samples)\.ts$/.test(path) &&
      ASKS_DATABASE.test(readFileSync(`${ROOT}/${path}`, 'utf8')),
  )
  expect(asking.length).toBeGreaterThan(10)
  const recorded = MODULES.map((path) => `${path}.ts`)
  // Its lock belongs to one connection and reads no row.
  expect(asking.filter((path) => !recorded.includes(path))).toEqual([
    'apps/api/src/reconciler/leadership.ts',
  ])
})

async function load(path: string): Promise<{ path: string; module: Module; samples: Samples }> {
  const [module, { samples }] = await Promise.all([
    import(`${ROOT}/${path}.ts`),
    import(`${ROOT}/${path}.samples.ts`),
  ])
  return { path, module, samples }
}

function isAsync(value: unknown): boolean {
  return typeof value === 'function' && value.constructor.name === 'AsyncFunction'
}

function callsOf(sample: Samples[string]): [title: string, sample: SqlSample<Arguments>][] {
  return isCall(sample) ? [['', sample]] : Object.entries(sample)
}

function isCall(sample: Samples[string]): sample is SqlSample<Arguments> {
  return Array.isArray(sample) || Array.isArray(Object(sample).args)
}

async function callOnRecord(ask: unknown, sample: SqlSample<Arguments>) {
  const { args, rows } = 'args' in sample ? sample : { args: sample, rows: [] }
  const { db, ...asked } = createRecordingDatabase(rows)
  await (ask as (...args: unknown[]) => Promise<unknown>)(db, ...args)
  return asked
}
