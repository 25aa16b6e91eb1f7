/**
 * What does the edge cost? The same small request to the same echo container several ways, all over TLS: through Caddy and session-proxy with
 * a login; through the same Caddy, asking a server that says yes at once, which is as fast as any decision could be; through Caddy alone;
 * through configurable-http-proxy; and through JupyterHub with a login, where Debian's package can be had.
 * Run by `./medforge bench edge`. Every target is a container of this cell, and the load ends by itself.
 */
import { appendFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { addEchoPack } from '../support/echo/pack.ts'
import { eventually, REPOSITORY, readInstallation, runOnHost } from '../support/installation.ts'
import { signUp } from '../support/person.ts'
import { launch, stop } from '../support/sessions.ts'
import {
  type Destination,
  findJupyterHubProcesses,
  pidOf,
  prepareWays,
  removeNetwork,
  removeWays,
  startConfigurableHttpProxy,
  startFloor,
  startJupyterHub,
  startPlainCaddy,
  type Way,
} from './edge-ways.ts'
import { describeMachine } from './machine.ts'
import { findPlatformProcesses } from './platform-processes.ts'
import { readCpuTime } from './processes.ts'
import { conclude, times } from './report.ts'

const CONNECTIONS = [1, 10, 50]
const ROUNDS = 2

/** `cpu`: microseconds of processor time that a request took of each process. */
type Measured = { requestsPerSecond: number; p50: number; p99: number; cpu: Record<string, number> }

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '6' } } })
const seconds = Math.min(60, Math.max(1, Number(values.seconds)))
const installation = readInstallation()
const owner = await signUp(installation, 'bench')
const session = await launch(owner, { pack_id: await addEchoPack(installation) })
const host = installation.sessionHost(session.slug)
const container = `mf-session-${session.slug}`
const destination: Destination = { where: installation, container, host }
const notes: string[] = []
try {
  appendFileSync('/etc/hosts', `127.0.0.1 ${host}\n`) // the cell's own; wrk asks the C library
  await prepareWays(destination)
  const { Caddy = 0, server = 0, MariaDB = 0 } = await findPlatformProcesses()
  const headers = [`Cookie: ${owner.cookie}`]
  const ways: Way[] = [
    {
      name: 'Caddy + session-proxy',
      url: `https://${host}/small`,
      headers,
      processes: { Caddy, server, MariaDB, session: await pidOf(container) },
    },
    await startFloor(destination, headers),
    await startPlainCaddy(destination),
    await startConfigurableHttpProxy(destination),
  ]
  for (const way of ways) await waitForAnswer(way)
  ways.push(...(await jupyterHub(destination)))
  for (const way of ways) await load(way, 10, 2) // warm

  const rows: string[][] = []
  const costs: string[][] = []
  const figures: Record<string, Measured[]> = {}
  for (const connections of CONNECTIONS) {
    const results = await measureInTurn(ways, connections)
    figures[connections] = results
    const [ours] = results
    results.forEach((result, index) => {
      const name = `${connections} × ${ways[index]?.name}`
      rows.push([
        name,
        `${(result.p50 / 1000).toFixed(2)} ms`,
        `${(result.p99 / 1000).toFixed(2)} ms`,
        result.requestsPerSecond.toFixed(0),
        times(ours?.p50 ?? Number.NaN, result.p50),
        times(ours?.p99 ?? Number.NaN, result.p99),
        times(ours?.requestsPerSecond ?? Number.NaN, result.requestsPerSecond),
      ])
      const parts = Object.entries(result.cpu)
      const sum = parts.reduce((total, [, microseconds]) => total + microseconds, 0)
      const each = parts.map(([part, microseconds]) => `${part} ${microseconds.toFixed(0)}`)
      costs.push([name, `${sum.toFixed(0)} µs`, each.join(', ')])
    })
  }
  const [ours, floor, unguarded] = figures[10] ?? []
  conclude('edge', {
    machine: await describeMachine(installation),
    tables: [
      {
        header: ['connections × way', 'p50', 'p99', 'req/s', 'ours/this p50', 'p99', 'req/s'],
        rows,
      },
      { header: ['processor time of a request', 'sum', 'µs of each'], rows: costs },
    ],
    notes: [
      ...notes,
      `${ROUNDS} rounds of ${seconds} s each, in turn; the load generator shares the cores.`,
      'Ours decides every single request; JupyterHub remembers a login for five minutes; the others let everybody in.',
    ],
    figures,
    measured: {
      p50Ratio: ratio(ours?.p50, unguarded?.p50),
      rateRatio: ratio(ours?.requestsPerSecond, floor?.requestsPerSecond),
      p99Ratio: ratio(ours?.p99, floor?.p99),
    },
  })
} finally {
  await removeWays()
  await stop(owner, session)
  await removeNetwork()
}

/** None where Debian's package is not to be had or does not answer: what it costs is beside the point of this benchmark. */
async function jupyterHub(to: Destination): Promise<Way[]> {
  try {
    const way = await startJupyterHub(to)
    await waitForAnswer(way)
    return [{ ...way, processes: await findJupyterHubProcesses() }]
  } catch (error) {
    const [why] = String(error).split('\n')
    notes.push(`JupyterHub is not measured, as it could not be installed or did not start: ${why}`)
    return []
  }
}

function ratio(ours = Number.NaN, theirs = Number.NaN): number {
  return ours / theirs
}

/** Each way in turn, several rounds, so that whatever the machine does meanwhile meets all of them. */
async function measureInTurn(ways: Way[], connections: number): Promise<Measured[]> {
  const runs: Measured[][] = ways.map(() => [])
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, way] of ways.entries())
      runs[index]?.push(await load(way, connections, seconds))
  }
  const mean = (numbers: number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length
  return runs.map((all, index) => {
    const names = Object.keys(ways[index]?.processes ?? {})
    const cpu = names.map((name) => [name, mean(all.map((run) => run.cpu[name] ?? Number.NaN))])
    return {
      requestsPerSecond: mean(all.map((run) => run.requestsPerSecond)),
      p50: mean(all.map((run) => run.p50)),
      p99: mean(all.map((run) => run.p99)),
      cpu: Object.fromEntries(cpu),
    }
  })
}

async function load(way: Way, connections: number, forSeconds: number): Promise<Measured> {
  const readAll = () =>
    Object.entries(way.processes).map(([name, pid]) => ({ name, used: readCpuTime(pid).used }))
  const before = readAll()
  const output = await runOnHost(
    'wrk',
    ...['--threads', '1', '--connections', String(connections), '--duration', `${forSeconds}s`],
    ...['--script', `${REPOSITORY}/tests/bench/report.lua`],
    ...way.headers.flatMap((header) => ['--header', header]),
    way.url,
  )
  const [, ...figures] = /^RESULT (\d+) (\d+) (\d+) (\d+) (\d+)$/m.exec(output) ?? []
  const [requests = 0, microseconds = 1, errors = 0, p50 = 0, p99 = 0] = figures.map(Number)
  if (errors > 0 || requests === 0)
    throw new Error(`${way.name}: ${errors} failed requests.\n${output}`)
  const cpu = readAll().map(({ name, used }, index) => {
    return [name, ((used - (before[index]?.used ?? 0)) * 1e6) / requests]
  })
  const requestsPerSecond = requests / (microseconds / 1e6)
  return { requestsPerSecond, p50, p99, cpu: Object.fromEntries(cpu) }
}

async function waitForAnswer(way: Way): Promise<void> {
  await eventually(() => load(way, 1, 1).catch(() => undefined), `${way.name} answers`)
}
