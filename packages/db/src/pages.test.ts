import {
  DummyDriver,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  sql,
} from 'kysely'
import { describe, expect, test } from 'vitest'
import { compareKeys } from './pages.ts'

const db = new Kysely<{ rows: { a: number } }>({
  dialect: {
    createAdapter: () => new MysqlAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (each) => new MysqlIntrospector(each),
    createQueryCompiler: () => new MysqlQueryCompiler(),
  },
})

function compiled(
  ...[directions, relation, key]: [('asc' | 'desc')[], 'after' | 'before' | 'upTo', unknown[]]
) {
  const columns = ['a', 'b', 'c'].slice(0, key.length).map((name) => sql.ref(name))
  const query = db
    .selectFrom('rows')
    .select('a')
    .where(compareKeys(columns, directions, relation, key))
  const { sql: text, parameters } = query.compile()
  return { where: text.replace(/.* where /, '').replaceAll('`', ''), parameters }
}

describe(compareKeys, () => {
  test.each([
    ['after', '((a > ?) or (a = ? and b > ?) or (a = ? and b = ? and c > ?))'],
    ['before', '((a < ?) or (a = ? and b < ?) or (a = ? and b = ? and c < ?))'],
    ['upTo', '((a < ?) or (a = ? and b < ?) or (a = ? and b = ? and c <= ?))'],
  ] as const)('spells out which rows come %s a key of three columns', (relation, where) => {
    expect(compiled(['asc', 'asc', 'asc'], relation, [1, 2, 3])).toEqual({
      where,
      parameters: [1, 1, 2, 1, 2, 3],
    })
  })

  test('follows each column’s own direction', () => {
    expect(compiled(['desc', 'asc'], 'after', [1, 2]).where).toBe('((a < ?) or (a = ? and b > ?))')
  })

  test('is a plain comparison for a key of one column', () => {
    expect(compiled(['desc'], 'after', [7])).toEqual({ where: '((a < ?))', parameters: [7] })
  })
})
