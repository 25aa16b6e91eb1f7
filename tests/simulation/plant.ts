import type { IpcMessage } from '@medforge/api/ipc/channel.ts'
import type { FakeRuntime } from '@medforge/api/reconciler/runtime/fake.ts'
import type { SessionRuntime } from '@medforge/api/reconciler/runtime/port.ts'
import type { FakeWorkspaces } from '@medforge/api/reconciler/workspace/fake.ts'
import type { SessionWorkspaces } from '@medforge/api/reconciler/workspace/port.ts'
import type { Statement } from './database/engine.ts'
import { type Node, tableName } from './database/evaluate.ts'

/** A fault of the product, planted at its ports: from there on everything goes as if the product were wrong in that way. */
export type Plant = {
  /** What becomes of a statement. */
  statement(statement: Statement, pool: FakeWorkspaces): Statement
  /** Whether a unique key of this name counts. */
  isUnique(name: string): boolean
  isPassed(message: IpcMessage): boolean
  runtime(runtime: SessionRuntime, docker: FakeRuntime): SessionRuntime
  workspaces(workspaces: SessionWorkspaces, pool: FakeWorkspaces): SessionWorkspaces
}

export const NO_PLANT: Plant = {
  statement: (statement) => statement,
  isUnique: () => true,
  isPassed: () => true,
  runtime: (runtime) => runtime,
  workspaces: (workspaces) => workspaces,
}

export type PlantedFault = {
  title: string
  /** Any of these invariants is the first to break. */
  breaks: readonly string[]
  /** For one history. */
  plant(): Partial<Plant>
}

const never = new AbortController().signal

export const PLANTED_FAULTS: readonly PlantedFault[] = [
  {
    title: 'a compare-and-set that compares nothing',
    breaks: ['I7', 'I3'],
    plant: () => ({
      statement: changeUpdate('sessions', (node) =>
        names(node.where.where, 'version') ? withoutConditions(node, ['version', 'status']) : node,
      ),
    }),
  },
  {
    title: 'a retry that is written whatever the status',
    breaks: ['I7'],
    plant: () => ({
      statement: changeUpdate('sessions', (node) =>
        names(node.where.where, 'version') ? node : withoutConditions(node, ['status']),
      ),
    }),
  },
  {
    title: 'an epoch that stands still',
    breaks: ['I9'],
    plant: () => ({
      statement: (statement) =>
        isQuery(statement, 'InsertQueryNode') && tableName(statement.node.into) === 'platform_state'
          ? { kind: 'query', node: withoutEpoch(statement.node) }
          : statement,
    }),
  },
  {
    title: 'a GPU without its unique key',
    breaks: ['I1', 'I2'],
    plant: () => ({ isUnique: (name) => name !== 'sessions_gpu_active' }),
  },
  {
    title: "a person's sessions that are counted without a lock",
    breaks: ['I2'],
    plant: () => ({
      statement: (statement) =>
        isQuery(statement, 'SelectQueryNode') && isOfTable(statement.node, 'users')
          ? { kind: 'query', node: { ...statement.node, endModifiers: [] } as unknown as Node }
          : statement,
    }),
  },
  {
    title: 'a commit that is answered before it is made',
    breaks: ['I6'],
    plant: () => {
      let commits = 0
      return {
        statement(statement) {
          if (statement.kind !== 'commit') return statement
          commits += 1
          return commits % 7 === 0 ? { kind: 'rollback' } : statement
        },
      }
    },
  },
  {
    title: 'a snapshot whose name is not written down',
    breaks: ['I5'],
    plant: () => ({
      statement: changeUpdate('sessions', (node) => ({
        ...node,
        updates: node.updates?.filter(({ column }) => column.column.name !== 'snapshot_name') ?? [],
      })),
    }),
  },
  {
    title: 'a snapshot that is taken when the stop is requested, before the end of the container',
    breaks: ['I5'],
    plant: () => ({
      statement(statement, pool) {
        const name = valueSet(statement, 'snapshot_name')
        if (valueSet(statement, 'status') === 'stopping' && typeof name === 'string') {
          pool.snapshot(name, never).catch(() => {})
        }
        return statement
      },
    }),
  },
  {
    title: 'a snapshot that has another name at each try',
    breaks: ['I5'],
    plant: () => {
      let tries = 0
      return {
        workspaces: (real) => ({
          ...real,
          async snapshot(name, signal) {
            tries += 1
            return real.snapshot(`${name.slice(0, -4)}${String(tries).padStart(4, '0')}`, signal)
          },
        }),
      }
    },
  },
  {
    title: 'a snapshot that is reported and was not taken',
    breaks: ['I5'],
    plant: () => ({ workspaces: (real) => ({ ...real, snapshot: async () => 'taken' as const }) }),
  },
  {
    title: 'a workspace that is destroyed instead of released',
    breaks: ['I11', 'I5'],
    plant: () => ({
      workspaces: (real, pool) => ({
        ...real,
        async release(dataset) {
          pool.destroy(dataset)
          return 'released'
        },
      }),
    }),
  },
  {
    title: 'a GPU that is free because Docker did not answer about its container',
    breaks: ['I1', 'I3', 'I5'],
    plant: () => ({
      runtime: (real) => ({
        ...real,
        async observe(ref, signal) {
          const fact = await real.observe(ref, signal)
          return fact.kind === 'unknown' ? { kind: 'absent' } : fact
        },
      }),
    }),
  },
  {
    title: 'a GPU that is free while its container is still being removed',
    breaks: ['I3', 'I5'],
    plant: () => ({
      runtime: (real) => ({
        ...real,
        async remove(id, signal) {
          real.remove(id, signal).catch(() => {})
        },
      }),
    }),
  },
  {
    title: 'a container that is started although its session was stopped meanwhile',
    breaks: ['I1', 'I3', 'I4', 'I5'],
    plant: () => ({
      runtime: (real) => ({ ...real, start: (spec, signal) => real.start(spec, signal) }),
    }),
  },
  {
    title: 'a launch that makes its container twice',
    breaks: ['I1', 'I4'],
    plant: () => ({
      runtime: (real, docker) => ({
        ...real,
        async start(spec, signal, confirm) {
          const id = await real.start(spec, signal, confirm)
          await docker.start({ ...spec, slug: spec.slug.split('').reverse().join('') }, never)
          return id
        },
      }),
    }),
  },
  {
    title: 'orphans that are never seen',
    breaks: ['I10'],
    plant: () => ({
      runtime: (real) => ({
        ...real,
        list: async (signal) => (await real.list(signal)).filter(({ isRunning }) => isRunning),
      }),
    }),
  },
  {
    title: 'a nudge that is lost for ever, because scans look for running sessions only',
    breaks: ['I10'],
    plant: () => ({
      isPassed: ({ type }) => type !== 'nudge',
      statement: (statement) =>
        isQuery(statement, 'SelectQueryNode') && isListOfActive(statement.node)
          ? { kind: 'query', node: { ...statement.node, where: ONLY_RUNNING } as unknown as Node }
          : statement,
    }),
  },
]

function isOfTable({ from }: Node, table: string): boolean {
  const [source] = from.froms ?? []
  return source?.kind === 'TableNode' && tableName(source) === table
}

type Query = Extract<Statement, { kind: 'query' }>

function isQuery(statement: Statement, kind: string): statement is Query {
  return statement.kind === 'query' && statement.node.kind === kind
}

function changeUpdate(table: string, change: (node: Node) => Node): Plant['statement'] {
  return (statement) =>
    isQuery(statement, 'UpdateQueryNode') && tableName(statement.node.table) === table
      ? { kind: 'query', node: change(statement.node) }
      : statement
}

/** What an UPDATE sets a column to; undefined where it sets none. */
function valueSet(statement: Statement, name: string): unknown {
  if (!isQuery(statement, 'UpdateQueryNode')) return undefined
  return statement.node.updates?.find(({ column }) => column.column.name === name)?.value.value
}

const ALWAYS = { kind: 'ValueNode', value: true } as unknown as Node
const ONLY_RUNNING = {
  kind: 'WhereNode',
  where: {
    kind: 'BinaryOperationNode',
    leftOperand: { kind: 'ColumnNode', column: { name: 'status' } },
    operator: { operator: '=' },
    rightOperand: { kind: 'ValueNode', value: 'running' },
  },
}

function isListOfActive({ where, orderBy }: Node): boolean {
  return orderBy !== undefined && where?.where.kind === 'BinaryOperationNode'
}

/** The same INSERT, of a row that nobody reads where it was of the epoch. */
function withoutEpoch(node: Node): Node {
  const lists = node.values.values as unknown as { values: unknown[] }[]
  const values = lists.map((list) => ({
    ...list,
    values: list.values.map((value) => (value === 'epoch' ? 'nobody' : value)),
  }))
  return { ...node, values: { ...node.values, values } } as unknown as Node
}

const columnOf = (node: Node) => node.leftOperand?.column?.column?.name ?? ''

/** Whether a condition is about this column. */
function names(node: Node, column: string): boolean {
  if (node.kind === 'AndNode') return names(node.left, column) || names(node.right, column)
  return columnOf(node) === column
}

function withoutConditions(node: Node, columns: readonly string[]): Node {
  const strip = (each: Node): Node => {
    if (each.kind === 'AndNode')
      return { ...each, left: strip(each.left), right: strip(each.right) }
    return columns.includes(columnOf(each)) ? ALWAYS : each
  }
  return { ...node, where: { ...node.where, where: strip(node.where.where) } }
}
