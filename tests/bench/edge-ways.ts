/** The ways to one session that `edge.ts` compares, each started in this cell with the same last hop. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { docker, type Installation, REPOSITORY, runOnHost } from '../support/installation.ts'

const execute = promisify(execFile)

const NETWORK = 'medforge-bench'
const WORK = '/run/medforge-bench'
const REFERENCE = `${REPOSITORY}/tests/bench/reference`
const NAMES = {
  plain: 'medforge-bench-caddy',
  yes: 'medforge-bench-yes',
  floor: 'medforge-bench-floor',
  chp: 'medforge-bench-chp',
  hub: 'medforge-bench-hub',
}
const PORTS = { plain: 8444, chp: 8445, floor: 8446, hub: 8447 }
// Dozens of packages over the network.
const INSTALL_LIMIT_MS = 300_000

/** `processes`: name → process id of what works for a request on this way. */
export type Way = {
  name: string
  url: string
  headers: string[]
  processes: Record<string, number>
}

/** What the ways lead to. */
export type Destination = { where: Installation; container: string; host: string }

/** A network of their own that the session is in too, and a certificate for its host. */
export async function prepareWays({ container, host }: Destination): Promise<void> {
  mkdirSync(WORK, { recursive: true })
  await docker('network', 'create', NETWORK)
  await docker('network', 'connect', NETWORK, container)
  await runOnHost(
    ...(['openssl', 'req', '-x509', '-newkey', 'ec'] as const),
    ...['-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${host}`],
    ...['-keyout', `${WORK}/key.pem`, '-out', `${WORK}/cert.pem`],
  )
  await runOnHost('chmod', '0644', `${WORK}/key.pem`)
}

export async function removeWays(): Promise<void> {
  await docker('rm', '--force', '--volumes', ...Object.values(NAMES)).catch(() => {})
}

export async function removeNetwork(): Promise<void> {
  await docker('network', 'rm', NETWORK).catch(() => {})
}

/** The edge's own Caddy with nothing but the last hop. */
export async function startPlainCaddy(destination: Destination): Promise<Way> {
  const { where, container, host } = destination
  const config = `{
	admin off
	skip_install_trust
	auto_https disable_redirects
	servers {
		protocols h1 h2
	}
}
https://${host}:${PORTS.plain} {
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
  await startCaddy(where, NAMES.plain, [
    ...['--publish', `127.0.0.1:${PORTS.plain}:${PORTS.plain}`],
    ...['--volume', `${WORK}/Caddyfile:/etc/caddy/Caddyfile:ro`],
  ])
  return {
    name: 'Caddy without auth',
    url: `https://${host}:${PORTS.plain}/small`,
    headers: [],
    processes: { Caddy: await pidOf(NAMES.plain), session: await pidOf(container) },
  }
}

/** The floor: the edge with all of its rules, asking somebody who says yes at once. */
export async function startFloor(
  { where, container, host }: Destination,
  headers: string[],
): Promise<Way> {
  await docker(
    ...['run', '--detach', '--name', NAMES.yes, '--network', NETWORK, '--user', '10001:10001'],
    ...['--volume', `${REFERENCE}:/bench:ro`, '--entrypoint', 'node'],
    ...[where.settings.API_IMAGE ?? '', '/bench/yes-server.mjs', `${container}:8080`],
  )
  const address = `{{(index .NetworkSettings.Networks "${NETWORK}").IPAddress}}`
  const yes = (await docker('inspect', '--format', address, NAMES.yes)).trim()
  const environment = {
    DOMAIN: where.domain,
    TLS_MODE: 'internal',
    API_ADDRESS: `${yes}:8000`,
    PROBE_LISTEN: '127.0.0.1',
    PROBE_CLIENT: '127.0.0.1',
    GOMEMLIMIT: '400MiB',
  }
  await startCaddy(where, NAMES.floor, [
    ...['--publish', `127.0.0.1:${PORTS.floor}:443`, '--memory', '512m'],
    ...['--sysctl', 'net.ipv4.ip_unprivileged_port_start=0', '--dns-search', '.'],
    ...['--volume', `${REPOSITORY}/deploy/caddy:/etc/caddy:ro`],
    ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
  ])
  return {
    name: 'Caddy + a server that says yes (floor)',
    url: `https://${host}:${PORTS.floor}/small`,
    headers,
    processes: {
      Caddy: await pidOf(NAMES.floor),
      'yes server': await pidOf(NAMES.yes),
      session: await pidOf(container),
    },
  }
}

/** JupyterHub's proxy with its default settings, TLS on, and one route. */
export async function startConfigurableHttpProxy({
  where,
  container,
  host,
}: Destination): Promise<Way> {
  await docker(
    ...['run', '--detach', '--name', NAMES.chp, '--network', NETWORK, '--user', '10001:10001'],
    ...['--publish', `127.0.0.1:${PORTS.chp}:8000`, '--workdir', '/chp'],
    ...['--volume', `${REPOSITORY}/node_modules:/chp/node_modules:ro`],
    ...['--volume', `${WORK}:/tls:ro`, '--entrypoint', 'node', where.settings.API_IMAGE ?? ''],
    ...['node_modules/configurable-http-proxy/bin/configurable-http-proxy', '--log-level', 'warn'],
    ...['--ip', '0.0.0.0', '--port', '8000', '--api-ip', '127.0.0.1', '--api-port', '8001'],
    ...['--ssl-key', '/tls/key.pem', '--ssl-cert', '/tls/cert.pem'],
    ...['--default-target', `http://${container}:8080`],
  )
  return {
    name: 'configurable-http-proxy',
    url: `https://${host}:${PORTS.chp}/small`,
    headers: [],
    processes: {
      'configurable-http-proxy': await pidOf(NAMES.chp),
      session: await pidOf(container),
    },
  }
}

/**
 * JupyterHub as it lets a signed-in person in: its proxy, and behind it a server of its own kind, which asks the hub who comes and remembers
 * the answer for five minutes. Debian's package, installed into an image of this cell.
 *
 * @throws Error where the package cannot be had
 */
export async function startJupyterHub({ where, host }: Destination): Promise<Way> {
  const image = 'medforge-bench-hub'
  const dockerfile = [
    `FROM ${where.settings.API_IMAGE}`,
    'RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends jupyterhub',
    'ENTRYPOINT []',
  ].join('\n')
  writeFileSync(`${WORK}/Dockerfile`, dockerfile)
  const build = ['build', '--quiet', '--tag', image, '--file', `${WORK}/Dockerfile`, REFERENCE]
  await execute('docker', build, { timeout: INSTALL_LIMIT_MS })
  const token = randomBytes(24).toString('hex')
  await docker(
    ...['run', '--detach', '--name', NAMES.hub, '--network', NETWORK, '--user', '10001:10001'],
    ...['--publish', `127.0.0.1:${PORTS.hub}:8000`, '--workdir', '/tmp', '--env', 'HOME=/tmp'],
    ...['--env', `BENCH_TOKEN=${token}`, '--env', `CONFIGPROXY_AUTH_TOKEN=${token}`],
    ...['--volume', `${REPOSITORY}/node_modules:/chp/node_modules:ro`],
    ...['--volume', `${WORK}:/tls:ro`, '--volume', `${REFERENCE}:/bench:ro`, image],
    ...['jupyterhub', '--config', '/bench/jupyterhub_config.py'],
  )
  return {
    name: 'JupyterHub, signed in',
    url: `https://${host}:${PORTS.hub}/services/small/small`,
    headers: [`Authorization: token ${token}`],
    processes: {},
  }
}

/** Which processes work for a request through JupyterHub; to be asked once it answers. */
export async function findJupyterHubProcesses(): Promise<Record<string, number>> {
  const [, ...lines] = (await docker('top', NAMES.hub, '-eo', 'pid,args')).trim().split('\n')
  const pidOfCommand = (command: RegExp) =>
    Number(
      lines
        .find((line) => command.test(line))
        ?.trim()
        .split(' ')[0],
    )
  return {
    'configurable-http-proxy': pidOfCommand(/configurable-http-proxy/),
    'tornado service': pidOfCommand(/jupyterhub_service/),
  }
}

async function startCaddy(where: Installation, name: string, options: string[]): Promise<void> {
  await docker(
    ...['run', '--detach', '--name', name, '--network', NETWORK, '--user', '10003:10003'],
    ...['--tmpfs', '/tmp:mode=1777', '--env', 'XDG_DATA_HOME=/tmp', '--env', 'HOME=/tmp'],
    ...options,
    where.settings.CADDY_IMAGE ?? '',
    ...['caddy', 'run', '--config', '/etc/caddy/Caddyfile', '--adapter', 'caddyfile'],
  )
}

/** The process that a container is there for, beneath its init. */
export async function pidOf(name: string): Promise<number> {
  const [, ...lines] = (await docker('top', name, '-eo', 'pid,args')).trim().split('\n')
  const own = lines.filter((line) => !/docker-init|tini/.test(line))
  return Number(own[0]?.trim().split(' ')[0])
}
