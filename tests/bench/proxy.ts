/**
 * How many decisions does session-proxy make on one core, and how soon? The real server process alone, bound to core 0, on a MariaDB of
 * its own that shares core 1 with the load; against a bare node:http server on the same core. Run by `./medforge bench proxy`.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { availableParallelism, constants } from 'node:os'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { openMariadb } from '@medforge/test-support'
import { type LoadResult, loadFully, loadSteadily } from './load.ts'
import { describeHost } from './machine.ts'
import { type CpuTime, pin, prioritize, readCpuTime } from './processes.ts'
import { createWorld, DOMAIN } from './proxy-world.ts'
import { conclude, ms, times } from './report.ts'
import { type Subject, startNode, startServer, subjectOf } from './server-process.ts'
import { percentile } from './statistics.ts'
import { TARGETS } from './targets.ts'

const PORT = 18_000
// As many as Caddy keeps open for this.
const CONNECTIONS = 64
const SERVER_CORE = 0
const LOAD_CORE = 1

type Measured = LoadResult & { cpu: CpuTime }
/** At a constant rate of requests a second. */
type Steady = { rate: number; ours: Measured; bare: Measured }

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } })
const seconds = Math.min(120, Math.max(2, Number(values.seconds)))
if (availableParallelism() < 2) throw new Error('This benchmark needs two cores.')
pin(process.pid, LOAD_CORE)
// Inherited by all that is measured: other work of the machine waits meanwhile, instead of being measured too.
prioritize(constants.priority.PRIORITY_HIGHEST)
await using mariadb = await openMariadb()
const sessionSecret = randomBytes(36).toString('base64')
const world = await createWorld(mariadb.url, sessionSecret)

await using server = await startServer({
  databaseUrl: world.databaseUrl,
  sessionSecret,
  port: PORT,
  domain: DOMAIN,
  core: SERVER_CORE,
})
await using bare = await startBare()
const everything = { connections: CONNECTIONS, seconds, next: world.next }
const indifferent = { ...everything, next: () => ({ ...world.next(), status: 200 }) }

await loadFully({ ...everything, port: server.port, seconds: 3 }) // warm: compiled, and every login remembered
await loadFully({ ...indifferent, port: bare.port, seconds: 1 })
// In turns of a second, so that whatever else the machine does meets both alike.
const turns: { ours: Measured; granted: Measured; bare: Measured }[] = []
for (let turn = 0; turn < seconds; turn += 1) {
  const bareTurn = { ...indifferent, port: bare.port, seconds: 1 }
  const ownTurn = { ...everything, port: server.port, seconds: 1 }
  turns.push({
    bare: await measure(bare, () => loadFully(bareTurn)),
    ours: await measure(server, () => loadFully(ownTurn)),
    granted: await measure(server, () => loadFully({ ...ownTurn, next: world.nextGranted })),
  })
}
const full = total(turns.map(({ ours }) => ours))
const bareFull = total(turns.map((turn) => turn.bare))
const costOf = ({ cpu, requests }: Measured) => cpu.used / requests
const costRatioOf = (kind: 'ours' | 'granted') =>
  percentile(
    turns.map((turn) => costOf(turn[kind]) / costOf(turn.bare)),
    0.5,
  )
const costRatio = costRatioOf('ours')
const perCoreSecond = full.requests / full.cpu.used
// Half of what is promised, and half of what it can: the second keeps the core of the load and the database as busy as the server's.
const rates = [TARGETS.proxy.perCoreSecond.min / 2, Math.floor(full.requests / full.seconds / 2)]
const steadies: Steady[] = []
for (const rate of rates) {
  steadies.push({
    rate,
    ours: await measure(server, () => loadSteadily({ ...everything, port: server.port, rate })),
    bare: await measure(bare, () => loadSteadily({ ...indifferent, port: bare.port, rate })),
  })
}

const header = [
  'load',
  'decisions/s',
  'per core-second',
  'p50',
  'p99',
  'max',
  'waited for the core',
]
const row = (name: string, one: Measured) => [
  name,
  (one.requests / one.seconds).toFixed(0),
  (one.requests / one.cpu.used).toFixed(0),
  ms(percentile(one.latencies, 0.5)),
  ms(percentile(one.latencies, 0.99)),
  ms(percentile(one.latencies, 1)),
  `${((100 * one.cpu.waited) / one.seconds).toFixed(0)} %`,
]
const wrong = Object.assign({}, full.wrong, ...steadies.map(({ ours }) => ours.wrong))
const p99 = ({ latencies }: Measured) => percentile(latencies, 0.99)
const shares = Object.entries(world.kinds).map(([kind, share]) => `${kind} ${share} %`)
conclude('proxy', {
  machine: describeHost(),
  tables: [
    {
      header,
      rows: [
        row('session-proxy, as fast as it can', full),
        row('bare node:http, as fast as it can', bareFull),
        ...steadies.flatMap(({ rate, ours, bare: theirs }) => [
          row(`session-proxy at ${rate}/s`, ours),
          row(`bare node:http at ${rate}/s`, theirs),
        ]),
      ],
    },
    {
      header: ['ratio', ''],
      rows: [
        ['a decision costs, in bare node:http answers (median of turns)', times(costRatio, 1)],
        ['the same where all are granted, from memory', times(costRatioOf('granted'), 1)],
        ...steadies.map(({ rate, ours, bare: theirs }) => [
          `p99 at ${rate}/s, ours/bare`,
          times(p99(ours), p99(theirs)),
        ]),
      ],
    },
  ],
  notes: [
    `${CONNECTIONS} kept-alive connections; requests: ${shares.join(', ')}.`,
    'Per core-second: what the process did in a second of processor time, whatever else the machine was busy with.',
    'At a constant rate, what finds no free connection counts from the moment it was due. Beside that, of its own accord,',
    ...steadies.map(
      ({ rate, ours }) =>
        `the generator at ${rate}/s was late by ${ms(percentile(ours.lateness, 0.5))} (p50) and ${ms(percentile(ours.lateness, 0.99))} (p99).`,
    ),
    ...Object.entries(wrong).map(([kind, count]) => `wrong: ${kind} (${count} times)`),
  ],
  figures: {
    perCoreSecond,
    full: summary(full),
    bareFull: summary(bareFull),
    steadies: steadies.map(({ rate, ours, bare: theirs }) => ({
      rate,
      ours: summary(ours),
      bare: summary(theirs),
    })),
  },
  measured: {
    perCoreSecond,
    perSecond: full.requests / full.seconds,
    costRatio,
    p99Ms: Math.max(...steadies.slice(0, 1).map(({ ours }) => p99(ours))),
    wrongAnswers: Object.values<number>(wrong).reduce((sum, count) => sum + count, 0),
  },
})

function summary({ requests, seconds: lasted, cpu, latencies }: Measured): object {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(latencies, share))
  return { requests, seconds: lasted, cpu, p50, p95, p99 }
}

async function measure(of: Subject, work: () => Promise<LoadResult>): Promise<Measured> {
  const before = readCpuTime(of.pid)
  const result = await work()
  const after = readCpuTime(of.pid)
  const cpu = { used: after.used - before.used, waited: after.waited - before.waited }
  return { ...result, cpu }
}

function total(parts: Measured[]): Measured {
  const sum = (of: (part: Measured) => number) => parts.reduce((all, part) => all + of(part), 0)
  const wrong: Record<string, number> = {}
  for (const part of parts) {
    for (const [kind, count] of Object.entries(part.wrong)) wrong[kind] = (wrong[kind] ?? 0) + count
  }
  return {
    requests: sum(({ requests }) => requests),
    seconds: sum((part) => part.seconds),
    latencies: parts.flatMap(({ latencies }) => [...latencies]),
    lateness: parts.flatMap(({ lateness }) => [...lateness]),
    cpu: { used: sum(({ cpu }) => cpu.used), waited: sum(({ cpu }) => cpu.waited) },
    wrong,
  }
}

async function startBare(): Promise<Subject> {
  const child = startNode(['tests/bench/bare-server.ts'], {}, SERVER_CORE)
  const lines = createInterface({ input: child.stdout ?? process.stdin })
  const [port] = await once(lines, 'line')
  return { ...subjectOf(child), port: Number(port) }
}
