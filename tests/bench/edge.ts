/**
 * What does the edge cost? The same small request to the same echo container three ways, all over TLS:
 * through Caddy and session-proxy with a login, through Caddy alone, and through configurable-http-proxy.
 * Run by `./medforge bench edge`. Every target is a container of this cell, and the load ends by itself.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { addEchoPack } from '../support/echo/pack.ts'
import {
  docker,
  eventually,
  type Installation,
  REPOSITORY,
  readInstallation,
  runOnHost,
} from '../support/installation.ts'
import { signUp } from '../support/person.ts'
import { launch, stop } from '../support/sessions.ts'
import { describeMachine } from './machine.ts'
import { findPlatformProcesses } from './platform-processes.ts'
import { readCpuTime } from './processes.ts'
import { conclude, times } from './report.ts'

const NETWORK = 'medforge-bench'
const PLAIN_CADDY = { name: 'medforge-bench-caddy', port: 8444 }
const CHP = { name: 'medforge-bench-chp', port: 8445 }
const WORK = '/run/medforge-bench'
const CONNECTIONS = [1, 10, 50]
const ROUNDS = 2

/** `processes`: name → process id of what works for a request on this way. */
type Way = { name: string; url: string; headers: string[]; processes: Record<string, number> }
/** `cpu`: microseconds of processor time that a request took of each process. */
type Measured = { requestsPerSecond: number; p50: number; p99: number; cpu: Record<string, number> }

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '6' } } })
const seconds = Math.min(60, Math.max(1, Number(values.seconds)))
const installation = readInstallation()
const owner = await signUp(installation, 'bench')
const session = await launch(owner, { pack_id: await addEchoPack(installation) })
const host = installation.sessionHost(session.slug)
const container = `mf-session-${session.slug}`
try {
  mkdirSync(WORK, { recursive: true })
  appendFileSync('/etc/hosts', `127.0.0.1 ${host}\n`) // the cell's own; wrk asks the C library
  await docker('network', 'create', NETWORK)
  await docker('network', 'connect', NETWORK, container)
  await startPlainCaddy(installation)
  await startConfigurableHttpProxy(installation)
  const { Caddy = 0, server = 0, MariaDB = 0 } = await findPlatformProcesses()
  const ide = await pidOf(container)
  const plain = await pidOf(PLAIN_CADDY.name)
  const chp = await pidOf(CHP.name)
  const ways: Way[] = [
    {
      name: 'Caddy + session-proxy',
      url: `https://${host}/small`,
      headers: [`Cookie: ${owner.cookie}`],
      processes: { Caddy, server, MariaDB, session: ide },
    },
    {
      name: 'Caddy without auth',
      url: `https://${host}:${PLAIN_CADDY.port}/small`,
      headers: [],
      processes: { Caddy: plain, session: ide },
    },
    {
      name: 'configurable-http-proxy',
      url: `https://${host}:${CHP.port}/small`,
      headers: [],
      processes: { 'configurable-http-proxy': chp, session: ide },
    },
  ]
  for (const way of ways) await waitForAnswer(way)
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
  const [ours, unguarded] = figures[10] ?? []
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
      `${ROUNDS} rounds of ${seconds} s each, in turn; the load generator shares the cores.`,
      'Ours decides every single request; the other two let everybody in.',
    ],
    figures,
    measured: { p50Ratio: (ours?.p50 ?? Number.NaN) / (unguarded?.p50 ?? Number.NaN) },
  })
} finally {
  await docker('rm', '--force', '--volumes', PLAIN_CADDY.name, CHP.name).catch(() => {})
  await stop(owner, session)
  await docker('network', 'rm', NETWORK).catch(() => {})
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

/** The edge's own Caddy with nothing but the last hop. */
async function startPlainCaddy(where: Installation): Promise<void> {
  const config = `{
	admin off
	skip_install_trust
	auto_https disable_redirects
	servers {
		protocols h1 h2
	}
}
https://${host}:${PLAIN_CADDY.port} {
	tls internal
	reverse_proxy ${container}:8080 {
		transport http {
			keepalive_idle_conns_per_host 64
			compression off
		}
	}
}
`
  writeFileSync(`${WORK}/Caddyfile`, config, { mode: 0o644 })
  await docker(
    ...['run', '--detach', '--name', PLAIN_CADDY.name, '--network', NETWORK],
    ...['--publish', `127.0.0.1:${PLAIN_CADDY.port}:${PLAIN_CADDY.port}`],
    ...['--volume', `${WORK}/Caddyfile:/etc/caddy/Caddyfile:ro`, '--user', '10003:10003'],
    ...['--tmpfs', '/tmp:mode=1777', '--env', 'XDG_DATA_HOME=/tmp', '--env', 'HOME=/tmp'],
    where.settings.CADDY_IMAGE ?? '',
    ...['caddy', 'run', '--config', '/etc/caddy/Caddyfile', '--adapter', 'caddyfile'],
  )
}

/** JupyterHub's proxy with its default settings, TLS on, and one route. */
async function startConfigurableHttpProxy(where: Installation): Promise<void> {
  await runOnHost(
    ...([
      'openssl',
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
    ] as const),
    ...['-nodes', '-days', '2', '-subj', `/CN=${host}`],
    ...['-keyout', `${WORK}/key.pem`, '-out', `${WORK}/cert.pem`],
  )
  await runOnHost('chmod', '0644', `${WORK}/key.pem`)
  await docker(
    ...['run', '--detach', '--name', CHP.name, '--network', NETWORK, '--user', '10001:10001'],
    ...['--publish', `127.0.0.1:${CHP.port}:8000`, '--workdir', '/chp'],
    ...[
      '--volume',
      `${REPOSITORY}/node_modules:/chp/node_modules:ro`,
      '--volume',
      `${WORK}:/tls:ro`,
    ],
    ...['--entrypoint', 'node', where.settings.API_IMAGE ?? ''],
    ...['node_modules/configurable-http-proxy/bin/configurable-http-proxy', '--log-level', 'warn'],
    ...['--ip', '0.0.0.0', '--port', '8000', '--api-ip', '127.0.0.1', '--api-port', '8001'],
    ...['--ssl-key', '/tls/key.pem', '--ssl-cert', '/tls/cert.pem'],
    ...['--default-target', `http://${container}:8080`],
  )
}

/** The process that a container is there for, beneath its init. */
async function pidOf(name: string): Promise<number> {
  const [, ...lines] = (await docker('top', name, '-eo', 'pid,args')).trim().split('\n')
  const own = lines.filter((line) => !/docker-init|tini/.test(line))
  return Number(own[0]?.trim().split(' ')[0])
}
