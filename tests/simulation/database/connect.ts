import type { DB } from '@medforge/db'
import {
  type CompiledQuery,
  type DatabaseConnection,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  type QueryResult,
} from 'kysely'
import type { EngineConnection, Outcome, Result, Statement } from './engine.ts'
import { read } from './evaluate.ts'

/** A connection whose statements take their way: who sends one gets the answer when, and if, it arrives. */
export interface Link {
  /** It broke: the next statement needs another. */
  isBroken(): boolean
  begin(): void
  send(statement: Statement): Promise<Result>
}

/** A `Kysely` over connections of the database in memory. */
export function openMemoryDatabase(connect: () => Link): Kysely<DB> {
  const links = new Map<DatabaseConnection, Link>()
  const idle: DatabaseConnection[] = []
  const linkOf = (connection: DatabaseConnection) => links.get(connection) as Link

  function open(): DatabaseConnection {
    const link = connect()
    const connection: DatabaseConnection = {
      executeQuery: <R>({ query }: CompiledQuery) =>
        link.send({ kind: 'query', node: read(query) }) as Promise<QueryResult<R>>,
      streamQuery() {
        throw new Error('Streams have no time limit here; read pages.')
      },
    }
    links.set(connection, link)
    return connection
  }

  return new Kysely<DB>({
    dialect: {
      createAdapter: () => new MysqlAdapter(),
      createIntrospector: (each) => new MysqlIntrospector(each),
      // The tree itself is the query: nobody reads SQL.
      createQueryCompiler: () => ({
        compileQuery: (query, queryId): CompiledQuery => ({
          query,
          queryId,
          sql: '',
          parameters: [],
        }),
      }),
      createDriver: () => ({
        async init() {},
        acquireConnection: async () => idle.pop() ?? open(),
        beginTransaction: async (connection) => linkOf(connection).begin(),
        commitTransaction: async (connection) => {
          await linkOf(connection).send({ kind: 'commit' })
        },
        rollbackTransaction: async (connection) => {
          await linkOf(connection).send({ kind: 'rollback' })
        },
        async releaseConnection(connection) {
          if (linkOf(connection).isBroken()) links.delete(connection)
          else idle.push(connection)
        },
        async destroy() {},
      }),
    },
  })
}

/** A connection without any way between: what is sent is done at once, or when its locks are free. */
export function linkDirectly(connection: EngineConnection): Link {
  return {
    isBroken: () => false,
    begin: connection.begin,
    send: (statement) =>
      new Promise((resolve, reject) => {
        connection.send(statement, (outcome) => settle(outcome, resolve, reject))
      }),
  }
}

export function settle(
  outcome: Outcome,
  resolve: (result: Result) => void,
  reject: (error: Error) => void,
): void {
  if ('error' in outcome) reject(outcome.error)
  else resolve(outcome.result)
}
