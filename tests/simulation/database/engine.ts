import {
  evaluate,
  type Node,
  passes,
  type Row,
  select,
  sourceScopes,
  tableName,
} from './evaluate.ts'
import { TABLES, type Table } from './tables.ts'

export type Rows = ReadonlyMap<unknown, Row>
export type State = Readonly<Record<string, Rows>>
export type Change = { table: string; before: Row | undefined; after: Row }
export type Result = { rows: Row[]; numAffectedRows?: bigint; insertId?: bigint }
export type Statement = { kind: 'query'; node: Node } | { kind: 'commit' | 'rollback' }
export type Outcome = { result: Result } | { error: Error }

/** A connection of the database in memory. Statements are sent one after the other. */
export interface EngineConnection {
  begin(): void
  /**
   * `done` is called once, at once or when the locks that the statement waits for are free.
   *
   * @returns whether it waits
   */
  send(statement: Statement, done: (outcome: Outcome) => void): boolean
  /** A statement that waits for a lock fails as one that waited too long. */
  giveUpWaiting(): void
  /** The connection broke: what it had begun has not happened. */
  close(): void
}

export interface Engine {
  connect(): EngineConnection
  /** What is committed. */
  state(): State
}

export type EngineOptions = {
  /** What stands in the tables. */
  initial?: Readonly<Record<string, readonly Row[]>>
  /** Sees what each commit changes, before anybody else can. */
  onCommit?(changes: readonly Change[]): void
  /** Whether a unique key counts. */
  isUnique?(name: string): boolean
}

type Work = {
  /** Set from BEGIN until COMMIT; null for a statement of its own. */
  isTransaction: boolean
  /** What plain reads see: the state at the first of them. */
  snapshot: State | undefined
  writes: Map<string, Map<unknown, Row>>
  locks: Set<string>
}
type Waiter = { work: Work; lock: string; retry: () => void; fail: (error: Error) => void }

class MustWait {
  readonly lock: string
  constructor(lock: string) {
    this.lock = lock
  }
}

/**
 * As much of MariaDB as sessions need, in the process's own memory: REPEATABLE READ with `innodb_snapshot_isolation`, locks of rows and
 * of unique keys, waiting, deadlocks. It interprets Kysely's trees and knows no SQL; what it does not know, it refuses.
 */
export function createEngine(options: EngineOptions = {}): Engine {
  const { initial = {}, isUnique = () => true } = options
  let committed: State = Object.fromEntries(
    Object.entries(TABLES).map(([name, { key, defaults }]) => {
      const rows = (initial[name] ?? []).map((row) => ({ ...defaults, ...row }) as Row)
      return [name, new Map(rows.map((row) => [row[key], row]))]
    }),
  )
  const numbers = new Map<string, number>()
  const holders = new Map<string, Work>()
  let waiters: Waiter[] = []

  function commit(work: Work): void {
    if (work.writes.size > 0) {
      const changes: Change[] = []
      const next: Record<string, Rows> = { ...committed }
      for (const [table, written] of work.writes) {
        const rows = new Map(next[table])
        for (const [key, after] of written) {
          changes.push({ table, before: rows.get(key), after })
          rows.set(key, after)
        }
        next[table] = rows
      }
      committed = next
      options.onCommit?.(changes)
    }
    end(work)
  }

  function end(work: Work): void {
    const freed = new Set(work.locks)
    for (const lock of freed) holders.delete(lock)
    work.locks.clear()
    work.writes.clear()
    if (freed.size === 0 || waiters.length === 0) return
    const woken = waiters.filter(({ lock }) => freed.has(lock))
    waiters = waiters.filter(({ lock }) => !freed.has(lock))
    for (const { retry } of woken) retry()
  }

  /** @throws MustWait while somebody else holds it */
  function lock(work: Work, name: string): void {
    const holder = holders.get(name)
    if (holder === work) return
    if (holder !== undefined) throw new MustWait(name)
    holders.set(name, work)
    work.locks.add(name)
  }

  const isFree = (work: Work, name: string) => (holders.get(name) ?? work) === work

  /** What is committed now and what this transaction wrote: what a locking read sees. */
  const current = (work: Work) => (table: string) =>
    overlay(committed[table], work.writes.get(table))

  /** What a plain read sees. */
  function consistent(work: Work) {
    if (work.isTransaction) work.snapshot ??= committed
    const state = work.snapshot ?? committed
    return (table: string) => overlay(state[table], work.writes.get(table))
  }

  function lockRow(work: Work, table: string, row: Row): void {
    const key = row[tableOf(table).key]
    lock(work, `${table}/${key}`)
    const isStale = work.snapshot && work.snapshot[table]?.get(key) !== committed[table]?.get(key)
    if (isStale && !work.writes.get(table)?.has(key)) {
      throw databaseError(1020, `Record has changed since last read in table '${table}'`)
    }
  }

  function run(work: Work, node: Node): Result {
    switch (node.kind) {
      case 'SelectQueryNode':
        return { rows: runSelect(work, node) }
      case 'UpdateQueryNode':
        return runUpdate(work, node)
      case 'InsertQueryNode':
        return runInsert(work, node)
      default:
        throw new Error(`The database in memory does not know ${node.kind}.`)
    }
  }

  function runSelect(work: Work, node: Node): Row[] {
    const modifiers = (node.endModifiers ?? []).map(({ modifier }) => modifier)
    if (!modifiers.includes('ForUpdate')) return select(node, consistent(work))
    const [source] = node.from.froms ?? []
    if (source === undefined) return []
    const table = tableName(source.kind === 'AliasNode' ? source.node : source)
    const canSkip = modifiers.includes('SkipLocked')
    // Locks and the newest rows are of the outer table; a query inside it reads plainly.
    const readTable = (name: string) =>
      name === table
        ? current(work)(name).filter(
            (row) => !canSkip || isFree(work, `${name}/${row[tableOf(name).key]}`),
          )
        : consistent(work)(name)
    for (const scope of sourceScopes(node, readTable)) {
      for (const [, row] of scope) lockRow(work, table, row)
    }
    return select(node, readTable)
  }

  function write(work: Work, table: string, row: Row): void {
    const { generate, check, unique = {}, key } = tableOf(table)
    const next = Object.freeze(generate ? generate(row) : row)
    if (check && !check(next)) throw databaseError(4025, `CONSTRAINT of ${table} failed`)
    const rows = current(work)(table)
    const before = rows.find((each) => each[key] === next[key])
    for (const [name, columns] of Object.entries(unique)) {
      const [old, fresh] = [before, next].map((each) => each && entryOf(each, columns))
      if (old === fresh || !isUnique(name)) continue
      // An entry that goes stays locked until the commit, as it may come back.
      for (const entry of [old, fresh]) if (entry) lock(work, `${table}.${name}/${entry}`)
      if (fresh && rows.some((each) => each !== before && entryOf(each, columns) === fresh)) {
        throw databaseError(1062, `Duplicate entry '${fresh}' for key '${name}'`)
      }
    }
    const written = work.writes.get(table) ?? new Map<unknown, Row>()
    work.writes.set(table, written.set(next[key], next))
  }

  function runUpdate(work: Work, node: Node): Result {
    const table = tableName(node.table)
    const readTable = current(work)
    const { where } = node as { where?: Node }
    const isMeant = (row: Row) => !where || passes(where, [[table, row]], readTable)
    for (const row of readTable(table)) {
      if (!where || isCandidate(where.where, row)) lockRow(work, table, row)
    }
    const meant = readTable(table).filter(isMeant)
    for (const row of meant) write(work, table, { ...row, ...patchOf(node.updates, table, row) })
    return { rows: [], numAffectedRows: BigInt(meant.length) }
  }

  function runInsert(work: Work, node: Node): Result {
    const table = tableName(node.into)
    const { key, isNumbered, defaults } = tableOf(table)
    const columns = (node.columns ?? []).map(({ column }) => column.name)
    const lists = node.values.values as unknown as Node[]
    for (const list of lists) {
      const row: Record<string, unknown> = { ...defaults }
      for (const [index, value] of (list.values as unknown as unknown[]).entries()) {
        const item = list.kind === 'PrimitiveValueListNode' ? value : insertedValue(value as Node)
        if (item !== undefined) row[columns[index] ?? ''] = item
      }
      if (isNumbered) {
        const number = (numbers.get(table) ?? 0) + 1
        numbers.set(table, number)
        row[key] = number
      }
      lock(work, `${table}/${row[key]}`)
      const there = current(work)(table).find((each) => each[key] === row[key])
      const { onDuplicateKey, orAction } = node as { onDuplicateKey?: Node; orAction?: unknown }
      if (there && orAction) continue
      if (there && !onDuplicateKey) {
        throw databaseError(1062, `Duplicate entry '${row[key]}' for key 'PRIMARY'`)
      }
      if (there) lockRow(work, table, there)
      const patch = there ? patchOf(onDuplicateKey?.updates, table, there) : {}
      write(work, table, there ? { ...there, ...patch } : row)
    }
    return {
      rows: [],
      numAffectedRows: BigInt(lists.length),
      insertId: BigInt(numbers.get(table) ?? 0),
    }
  }

  function connect(): EngineConnection {
    let transaction: Work | undefined
    let waiting: Waiter | undefined
    let isClosed = false

    function attempt(node: Node, work: Work, done: (outcome: Outcome) => void): void {
      try {
        const result = run(work, node)
        if (!work.isTransaction) commit(work)
        done({ result })
      } catch (error) {
        if (error instanceof MustWait) wait(node, work, error.lock, done)
        else fail(work, error as Error, done)
      }
    }

    function fail(work: Work, error: Error, done: (outcome: Outcome) => void): void {
      // A deadlock ends the whole transaction; any other error its statement, and its caller rolls back.
      if (!work.isTransaction || (error as { errno?: number }).errno === 1213) end(work)
      done({ error })
    }

    function wait(node: Node, work: Work, name: string, done: (outcome: Outcome) => void): void {
      if (isDeadlock(work, name)) {
        fail(work, databaseError(1213, 'Deadlock found when trying to get lock'), done)
        return
      }
      const stop = () => {
        waiters = waiters.filter((each) => each !== waiting)
        waiting = undefined
      }
      waiting = {
        work,
        lock: name,
        retry() {
          stop()
          if (!isClosed) attempt(node, work, done)
        },
        fail(error) {
          stop()
          fail(work, error, done)
        },
      }
      waiters.push(waiting)
    }

    return {
      begin() {
        transaction = newWork(true)
      },
      send(statement, done) {
        if (statement.kind === 'query') {
          attempt(statement.node, transaction ?? newWork(false), done)
          return waiting !== undefined
        }
        if (transaction) (statement.kind === 'commit' ? commit : end)(transaction)
        transaction = undefined
        done({ result: { rows: [] } })
        return false
      },
      giveUpWaiting() {
        waiting?.fail(databaseError(1205, 'Lock wait timeout exceeded'))
      },
      close() {
        isClosed = true
        waiters = waiters.filter((each) => each !== waiting)
        if (waiting && waiting.work !== transaction) end(waiting.work)
        if (transaction) end(transaction)
        transaction = undefined
      },
    }
  }

  /** Whether whoever holds this lock waits, over however many others, for one that `work` holds. */
  function isDeadlock(work: Work, name: string): boolean {
    let holder = holders.get(name)
    for (let steps = 0; holder !== undefined && steps < 100; steps += 1) {
      if (holder === work) return true
      const next = waiters.find((each) => each.work === holder)
      holder = next && holders.get(next.lock)
    }
    return false
  }

  return { connect, state: () => committed }
}

function newWork(isTransaction: boolean): Work {
  return { isTransaction, snapshot: undefined, writes: new Map(), locks: new Set() }
}

function overlay(rows: Rows | undefined, written: Rows | undefined): readonly Row[] {
  if (rows === undefined) return []
  return [...(written === undefined ? rows : new Map([...rows, ...written])).values()]
}

function tableOf(name: string): Table {
  const table = TABLES[name]
  if (!table) throw new Error(`The database in memory has no table ${name}.`)
  return table
}

/** Undefined: a part is null, and nulls are never equal. */
function entryOf(row: Row, columns: readonly string[]): string | undefined {
  const parts = columns.map((column) => row[column])
  return parts.includes(null) ? undefined : parts.join('-')
}

/** Whether the primary key that WHERE names is this row's: MariaDB locks what its index finds before it looks at the rest. */
function isCandidate(node: Node, row: Row): boolean {
  if (node.kind === 'AndNode') return isCandidate(node.left, row) && isCandidate(node.right, row)
  if (node.kind !== 'BinaryOperationNode') return true
  const { leftOperand, rightOperand } = node
  if (leftOperand.kind !== 'ReferenceNode' || rightOperand.kind !== 'ValueNode') return true
  const isKey = leftOperand.column.column.name === 'id'
  return !isKey || row.id === rightOperand.value
}

function patchOf(updates: readonly Node[] | undefined, table: string, row: Row): Row {
  const none = () => []
  return Object.fromEntries(
    (updates ?? []).flatMap(({ column, value }) => {
      const next = evaluate(value, [[table, row]], none)
      return next === undefined ? [] : [[column.column.name, next]]
    }),
  )
}

/** Undefined: DEFAULT. */
function insertedValue(node: Node): unknown {
  return node.kind === 'DefaultInsertValueNode' ? undefined : evaluate(node, [], () => [])
}

function databaseError(errno: number, message: string): Error {
  return Object.assign(new Error(message), { errno })
}
