import {
  type Expression,
  type SelectQueryBuilder,
  type SqlBool,
  type StringReference,
  sql,
} from 'kysely'
import type { SqlTime } from './time.ts'

/** At most `limit` rows of a list, those after the row with the key `after`; null: from the start. */
export type PageRequest<Key> = { limit: number; after: Key | null }

/** `next`: the key of the last row, where the list goes on after it. */
export type Page<Row, Key> = { rows: Row[]; next: Key | null }

export type Direction = 'asc' | 'desc'

type OrderBy<Database, Tables extends keyof Database> = readonly (readonly [
  column: StringReference<Database, Tables>,
  direction: Direction,
])[]

type NameOf<Column> = Column extends `${string}.${infer Name}` ? Name : Column

/** The key of a list that is read newest first. */
export type CreatedKey = { created_at: SqlTime; id: string }

/** The order of most lists. The id decides between rows of the same microsecond. */
export function newestFirst<Table extends string>(table: Table) {
  return [
    [`${table}.created_at`, 'desc'],
    [`${table}.id`, 'desc'],
  ] as const
}

/**
 * One page of a query in this order, which no two rows may share. The query selects every column of the order under its own name: they
 * are the key of a row.
 */
export async function readPage<
  Database,
  Tables extends keyof Database,
  Row,
  const Order extends OrderBy<Database, Tables>,
>(
  query: SelectQueryBuilder<Database, Tables, Row>,
  order: Order,
  { limit, after }: PageRequest<Pick<Row, NameOf<Order[number][0]> & keyof Row>>,
): Promise<Page<Row, Pick<Row, NameOf<Order[number][0]> & keyof Row>>> {
  type Key = Pick<Row, NameOf<Order[number][0]> & keyof Row>
  const columns = order.map(([column]) => sql.ref(column as string))
  const directions = order.map(([, direction]) => direction)
  const names = order.map(([column]) => (column as string).split('.').at(-1) as keyof Key)
  let wanted = query.limit(limit + 1)
  if (after !== null) {
    const key = names.map((name) => after[name])
    wanted = wanted.where(compareKeys(columns, directions, 'after', key))
  }
  for (const [index, column] of columns.entries()) {
    wanted = wanted.orderBy(column, directions[index])
  }
  const found = await wanted.execute()
  const rows = found.slice(0, limit)
  const last = found.length > limit ? rows.at(-1) : undefined
  const next = last && (Object.fromEntries(names.map((name) => [name, last[name]])) as Key)
  return { rows, next: next ?? null }
}

/** The same page with its rows as `show` makes them. */
export function mapPage<Row, Key, Shown>(
  { rows, next }: Page<Row, Key>,
  show: (row: Row) => Shown,
): Page<Shown, Key> {
  return { rows: rows.map(show), next }
}

/**
 * Where rows stand in a list against the row with this key: `after` it, `before` it, or `upTo` it, that one included.
 *
 * `(a, b) > (x, y)` spelled out, a line for each column: MariaDB takes every line for a range of an index, and reads past all the rows
 * before the key for the short form.
 */
export function compareKeys(
  columns: readonly Expression<unknown>[],
  directions: readonly Direction[],
  relation: 'after' | 'before' | 'upTo',
  key: readonly unknown[],
): Expression<SqlBool> {
  const lines = columns.map((column, index) => {
    const isGreater = (directions[index] === 'asc') === (relation === 'after')
    const isIncluded = relation === 'upTo' && index === columns.length - 1
    const operator = sql.raw(`${isGreater ? '>' : '<'}${isIncluded ? '=' : ''}`)
    const equal = columns.slice(0, index).map((each, at) => sql`${each} = ${key[at]}`)
    return sql`(${sql.join([...equal, sql`${column} ${operator} ${key[index]}`], sql` and `)})`
  })
  return sql<SqlBool>`(${sql.join(lines, sql` or `)})`
}
