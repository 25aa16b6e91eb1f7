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
import { formatTable } from './statistics.ts'

const NETWORK = 'medforge-bench'
const PLAIN_CADDY = { name: 'medforge-bench-caddy', port: 8444 }
const CHP = { name: 'medforge-bench-chp', port: 8445 }
const WORK = '/run/medforge-bench'
const CONNECTIONS = [1, 10, 50]
const ROUNDS = 2

type Way = { name: string; url: string; headers: string[] }
type Measured = { requestsPerSecond: number; p50: number; p99: number }

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
  const ways: Way[] = [
    {
      name: 'Caddy + session-proxy',
      url: `https://${host}/small`,
      headers: [`Cookie: ${owner.cookie}`],
    },
    { name: 'Caddy without auth', url: `https://${host}:${PLAIN_CADDY.port}/small`, headers: [] },
    { name: 'configurable-http-proxy', url: `https://${host}:${CHP.port}/small`, headers: [] },
  ]
  for (const way of ways) await waitForAnswer(way)
  for (const way of ways) await load(way, 10, 2) // warm

  const rows: string[][] = []
  for (const connections of CONNECTIONS) {
    const results = await measureInTurn(ways, connections)
    const [ours] = results
    results.forEach((result, index) => {
      rows.push([
        `${connections} × ${ways[index]?.name}`,
        `${(result.p50 / 1000).toFixed(2)} ms`,
        `${(result.p99 / 1000).toFixed(2)} ms`,
        result.requestsPerSecond.toFixed(0),
        ratio(ours?.p50, result.p50),
        ratio(ours?.p99, result.p99),
        ratio(ours?.requestsPerSecond, result.requestsPerSecond),
      ])
    })
  }
  console.log(`${await describeMachine(installation)}\n`)
  const header = ['connections × way', 'p50', 'p99', 'req/s', 'ours/this p50', 'p99', 'req/s']
  console.log(formatTable(header, rows))
  console.log(
    `\n${ROUNDS} rounds of ${seconds} s each, in turn; the load generator shares the cores.`,
  )
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
  return runs.map((all) => ({
    requestsPerSecond: mean(all.map((run) => run.requestsPerSecond)),
    p50: mean(all.map((run) => run.p50)),
    p99: mean(all.map((run) => run.p99)),
  }))
}

async function load(way: Way, connections: number, forSeconds: number): Promise<Measured> {
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
  return { requestsPerSecond: requests / (microseconds / 1e6), p50, p99 }
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

function ratio(ours: number | undefined, theirs: number): string {
  return ours === undefined ? '' : `${(ours / theirs).toFixed(2)}×`
}
