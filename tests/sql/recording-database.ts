import type { DB } from '@medforge/db'
import {
  type CompiledQuery,
  type DatabaseConnection,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  type QueryResult,
} from 'kysely'

// More than any function asks; one that reads until it finds nothing would go on for ever.
const STATEMENTS_MAX = 40

/**
 * A database that runs nothing and keeps every statement it is asked.
 *
 * @param found  rows of the queries, in their order; those beyond find one made-up row, and every change changes one row
 */
export function createRecordingDatabase(found: readonly (readonly object[])[]): {
  db: Kysely<DB>
  statements: string[]
  /** Which of them move the epoch, by their index. */
  epochMoves: number[]
} {
  const statements: string[] = []
  const epochMoves: number[] = []
  const rows = [...found]

  function record(statement: string): void {
    if (statements.push(statement) > STATEMENTS_MAX) throw new Error('It asks without end.')
  }

  const connection: DatabaseConnection = {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      if (/^insert into `platform_state`/.test(sql) && parameters[0] === 'epoch') {
        epochMoves.push(statements.length)
      }
      record(sql)
      if (!/^\s*\(?select/i.test(sql)) return { rows: [], numAffectedRows: 1n, insertId: 1n }
      return { rows: (rows.shift() ?? [madeUpRow(sql)]) as Row[] }
    },
    streamQuery() {
      throw new Error('Streams have no time limit here; read pages.')
    },
  }

  const db = new Kysely<DB>({
    dialect: {
      createAdapter: () => new MysqlAdapter(),
      createIntrospector: (each) => new MysqlIntrospector(each),
      createQueryCompiler: () => new MysqlQueryCompiler(),
      createDriver: () => ({
        async init() {},
        acquireConnection: async () => connection,
        async beginTransaction(_connection, { isolationLevel }) {
          record(isolationLevel ? `begin (${isolationLevel})` : 'begin')
        },
        commitTransaction: async () => record('commit'),
        rollbackTransaction: async () => record('rollback'),
        async releaseConnection() {},
        async destroy() {},
      }),
    },
  })
  return { db, statements, epochMoves }
}

/** Has every column that the query names, and any other; the name of a column tells of which kind it is. */
function madeUpRow(query: string): object {
  const row = Object.fromEntries(columnsOf(query).map((column) => [column, sampleOf(column)]))
  return new Proxy(row, { get: (_row, column) => sampleOf(String(column)) })
}

function columnsOf(query: string): string[] {
  const [list = ''] = /(?<=^\s*select\s)[^(]*?(?=\sfrom\s)/i.exec(query) ?? []
  return list.split(',').flatMap((column) => /(\w+)`?\s*$/.exec(column)?.[1] ?? [])
}

function sampleOf(column: string): unknown {
  if (/(_at|^at|^oldest)$/.test(column)) return '2026-03-01 12:00:00.000000'
  if (/(^|_)id$/.test(column)) return '00000000-0000-4000-8000-000000000000'
  if (/^sha256$|_hash(es)?$/.test(column)) return Buffer.alloc(32)
  return 1
}
