import type { OperationNode } from 'kysely'

export type Row = Readonly<Record<string, unknown>>
/** The row of each table of a query by its alias, the innermost query's first. */
export type Scope = readonly (readonly [alias: string, row: Row])[]
/** What a query sees of a table. */
export type ReadTable = (table: string) => readonly Row[]

/** Kysely's nodes as this interpreter reads them: each kind has some of these. */
export type Node = OperationNode & {
  readonly [field in
    | 'alias'
    | 'column'
    | 'from'
    | 'identifier'
    | 'into'
    | 'joins'
    | 'left'
    | 'leftOperand'
    | 'limit'
    | 'node'
    | 'offset'
    | 'on'
    | 'operand'
    | 'operator'
    | 'orderBy'
    | 'direction'
    | 'right'
    | 'rightOperand'
    | 'selection'
    | 'table'
    | 'values'
    | 'where'
    | 'value']: Node
} & {
  readonly [field in
    | 'columns'
    | 'endModifiers'
    | 'froms'
    | 'items'
    | 'selections'
    | 'updates'
    | 'aggregated']?: readonly Node[]
} & { readonly name: string; readonly func: string; readonly modifier: string }

export const read = (node: OperationNode) => node as Node

/** The rows that a SELECT finds. `outer` is what a query around it has in its hands. */
export function select(query: Node, readTable: ReadTable, outer: Scope = []): Row[] {
  const scopes = sourceScopes(query, readTable, outer)
  const { selections = [] } = query
  if (selections.some(({ selection }) => isAggregate(selection))) {
    return [Object.fromEntries(selections.map((each) => aggregate(each.selection, scopes)))]
  }
  return scopes.map((scope) => project(selections, scope, readTable))
}

/** The rows of the FROM clause that pass WHERE, ordered and cut; `table`'s own row is the last of each scope's new ones. */
export function sourceScopes(query: Node, readTable: ReadTable, outer: Scope = []): Scope[] {
  const [source] = query.from.froms ?? []
  if (source === undefined) throw unknown(query)
  let scopes: Scope[] = rowsOf(source, readTable).map((named) => [named, ...outer])
  for (const join of (query.joins ?? []) as unknown as readonly Node[]) {
    const isLeft = (join as unknown as { joinType: string }).joinType === 'LeftJoin'
    const joined = rowsOf(join.table, readTable)
    scopes = scopes.flatMap((scope) => {
      const found = joined
        .map((named): Scope => [...scope, named])
        .filter((each) => evaluate(join.on.on, each, readTable) === true)
      return found.length === 0 && isLeft ? [[...scope, [aliasOf(join.table), {}] as const]] : found
    })
  }
  if (query.where) scopes = scopes.filter((each) => passes(query.where, each, readTable))
  const { items = [] } = query.orderBy ?? {}
  if (items.length > 0) scopes.sort((a, b) => compareBy(items, a, b, readTable))
  const from = query.offset ? Number(evaluate(query.offset.offset, [], readTable)) : 0
  const count = query.limit ? Number(evaluate(query.limit.limit, [], readTable)) : scopes.length
  return scopes.slice(from, from + count)
}

export function passes(where: Node, scope: Scope, readTable: ReadTable): boolean {
  return evaluate(where.where, scope, readTable) === true
}

/** The value of an expression; null is SQL's unknown. */
export function evaluate(node: Node, scope: Scope, readTable: ReadTable): unknown {
  const inner = (each: Node) => evaluate(each, scope, readTable)
  switch (node.kind) {
    case 'ValueNode':
      return node.value
    case 'ParensNode':
      return inner(node.node)
    case 'ReferenceNode':
      return columnOf(node.column.column.name, node.table && tableName(node.table), scope)
    case 'ColumnNode':
      return columnOf(node.column.name, undefined, scope)
    case 'AndNode': {
      const left = inner(node.left)
      return left === false ? false : both(left, inner(node.right))
    }
    case 'OrNode': {
      const left = inner(node.left)
      return left === true || inner(node.right) === true
    }
    case 'PrimitiveValueListNode':
      return node.values
    case 'ValueListNode':
      return (node.values as unknown as Node[]).map(inner)
    case 'UnaryOperationNode':
      return unary(node, scope, readTable)
    case 'BinaryOperationNode':
      return binary(operatorOf(node), inner(node.leftOperand), inner(node.rightOperand))
    default:
      throw unknown(node)
  }
}

export function tableName(table: Node): string {
  const { identifier } = table.table as Node & { identifier: Node }
  return identifier.name
}

function aliasOf(source: Node): string {
  return source.kind === 'AliasNode' ? source.alias.name : tableName(source)
}

function rowsOf(source: Node, readTable: ReadTable): (readonly [string, Row])[] {
  const alias = aliasOf(source)
  const table = source.kind === 'AliasNode' ? tableName(source.node) : alias
  return readTable(table).map((row) => [alias, row] as const)
}

function columnOf(column: string, table: string | undefined, scope: Scope): unknown {
  for (const [alias, row] of scope) {
    if (table === undefined ? column in row : alias === table) return row[column] ?? null
  }
  throw new Error(`No column ${table ?? ''}.${column} in the database in memory.`)
}

function operatorOf(node: Node): string {
  return (node.operator as unknown as { operator: string }).operator
}

function unary(node: Node, scope: Scope, readTable: ReadTable): unknown {
  const operator = operatorOf(node)
  if (operator === 'exists') return select(node.operand, readTable, scope).length > 0
  const value = evaluate(node.operand, scope, readTable)
  if (operator === 'not') return value === null ? null : value !== true
  throw unknown(node)
}

const both = (left: unknown, right: unknown) =>
  left === null || right === null ? (right === false ? false : null) : right

function binary(operator: string, left: unknown, right: unknown): unknown {
  if (operator === 'is') return left === right
  if (operator === 'is not') return left !== right
  if (left === null || right === null) return null
  switch (operator) {
    case '=':
      return left === right
    case '!=':
      return left !== right
    case '<':
      return (left as string) < (right as string)
    case '>':
      return (left as string) > (right as string)
    case '<=':
      return (left as string) <= (right as string)
    case '>=':
      return (left as string) >= (right as string)
    case 'in':
      return (right as unknown[]).includes(left)
    case '+':
      return Number(left) + Number(right)
    default:
      throw new Error(`The database in memory does not know the operator ${operator}.`)
  }
}

function compareBy(items: readonly Node[], a: Scope, b: Scope, readTable: ReadTable): number {
  for (const { orderBy, direction } of items) {
    const [left, right] = [a, b].map((each) => evaluate(orderBy, each, readTable)) as [
      string,
      string,
    ]
    if (left === right) continue
    const isDown = JSON.stringify(direction ?? '').includes('desc')
    // SQL orders null before every value.
    const isLess = left === null || (right !== null && left < right)
    return isLess === isDown ? 1 : -1
  }
  return 0
}

function project(selections: readonly Node[], scope: Scope, readTable: ReadTable): Row {
  const row: Record<string, unknown> = {}
  for (const { selection } of selections) {
    if (selection.kind === 'SelectAllNode') Object.assign(row, scope[0]?.[1])
    else if (selection.kind === 'ReferenceNode' && selection.column.kind === 'SelectAllNode') {
      const alias = tableName(selection.table)
      Object.assign(row, scope.find(([name]) => name === alias)?.[1])
    } else row[nameOf(selection)] = evaluate(unaliased(selection), scope, readTable)
  }
  return row
}

const unaliased = (selection: Node) => (selection.kind === 'AliasNode' ? selection.node : selection)

function nameOf(selection: Node): string {
  if (selection.kind === 'AliasNode') return selection.alias.name
  return selection.kind === 'ColumnNode' ? selection.column.name : selection.column.column.name
}

const isAggregate = (selection: Node) => unaliased(selection).kind === 'AggregateFunctionNode'

function aggregate(selection: Node, scopes: readonly Scope[]): [string, unknown] {
  const { func } = unaliased(selection)
  if (func === 'count') return [nameOf(selection), scopes.length]
  throw new Error(`The database in memory does not know the function ${func}.`)
}

function unknown(node: OperationNode): Error {
  return new Error(`The database in memory does not know ${node.kind}.`)
}
