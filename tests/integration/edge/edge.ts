import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { ClientHttp2Session } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { allow, type Backend, echo, SLUG, startBackend } from './backend.ts'
import {
  type Answer,
  type Ask,
  ask,
  askHttp2,
  askPlain,
  askProbe,
  openHttp2,
  openTls,
  raw,
  type Target,
} from './wire.ts'

const execute = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

/** The folder that Caddy's container mounts. */
export const CONFIGURATION = `${ROOT}/deploy/caddy`

export const DOMAIN = 'edge.test'
export const OTHER_SLUG = 'ccccdddd'
export const FORBIDDEN_PORT = 9000
export const WEB = `medforge.${DOMAIN}`
export const API = `api.medforge.${DOMAIN}`
export const SESSION = `s-${SLUG}.medforge.${DOMAIN}`
export const OTHER = `s-${OTHER_SLUG}.medforge.${DOMAIN}`

export type Edge = AsyncDisposable & {
  api: Backend
  web: Backend
  session: Backend
  /** The container of another session. */
  other: Backend
  /** Listens beside the session, where no request may ever go. */
  forbidden: Backend & { address: string }
  target: Target
  ask: (options: Ask) => Promise<Answer>
  askHttp2: (options: Ask) => Promise<Answer>
  /** Plain http on port 80. */
  askPlain: (host: string, path: string) => Promise<Answer>
  askProbe: (path: string, from: 'api' | 'stranger') => Promise<number>
  /** Whether a certificate for this host name may be asked for. */
  mayCertify: (host: string) => Promise<boolean>
  /** Send bytes as they are; everything that came back until the end or `waitMs` of silence. */
  raw: (serverName: string, bytes: string, waitMs?: number) => Promise<string>
  /** An open TLS connection, for upgrades. */
  connect: (serverName: string) => Promise<TLSSocket>
  /** An open HTTP/2 connection, for visitors who give up. */
  connectHttp2: (serverName: string) => Promise<ClientHttp2Session>
  /** Why Caddy ended, its last words; undefined while it runs. A panic ends the container with it: nothing starts it again here. */
  death: () => string | undefined
  ended: Promise<void>
  reset: () => void
}

/** Every address of one run lies in a loopback network of its own, so that all the real ports can be used. */
function pickNetwork(): string {
  return `127.77.${1 + (process.pid % 250)}`
}

/**
 * The real Caddy with the repository's Caddyfile, in front of servers that the test plays: the API on 8000, the web on 3000,
 * and one session's container on 8080.
 */
export async function startEdge(environment: Record<string, string> = {}): Promise<Edge> {
  const network = pickNetwork()
  const data = mkdtempSync(join(tmpdir(), 'medforge-edge-'))
  const api = await startBackend(`${network}.3`, 8000)
  const web = await startBackend(`${network}.6`, 3000)
  const session = await startBackend(`${network}.10`, 8080)
  const other = await startBackend(`${network}.11`, 8080)
  const forbidden = await startBackend(`${network}.10`, FORBIDDEN_PORT)
  const backends = [api, web, session, other, forbidden]
  const name = `medforge-edge-test-${process.pid}`
  const settings: Record<string, string> = {
    DOMAIN,
    TLS_MODE: 'internal',
    EDGE_LISTEN: `${network}.2`,
    API_ADDRESS: `${network}.3:8000`,
    WEB_ADDRESS: `${network}.6:3000`,
    PROBE_LISTEN: `${network}.2`,
    PROBE_CLIENT: `${network}.3`,
    ASK_LISTEN: `${network}.2`,
    XDG_DATA_HOME: '/data',
    GOMEMLIMIT: ofCompose('GOMEMLIMIT'),
    ...environment,
  }
  const caddy = spawn(
    'docker',
    [
      ...['run', '--rm', '--init', '--name', name, '--network', 'host', '--user', '0:0'],
      ...['--cap-drop', 'ALL', '--cap-add', 'NET_BIND_SERVICE', '--cap-add', 'DAC_OVERRIDE'],
      ...['--memory', ofCompose('mem_limit'), '--memory-swap', ofCompose('mem_limit')],
      ...['--add-host', `mf-session-${SLUG}:${network}.10`],
      ...['--add-host', `mf-session-${OTHER_SLUG}:${network}.11`],
      ...['--volume', `${CONFIGURATION}:/etc/caddy:ro`, '--volume', `${data}:/data`],
      ...Object.entries(settings).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
      findImage(),
      ...['caddy', 'run', '--config', '/etc/caddy/Caddyfile', '--adapter', 'caddyfile'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let log = ''
  for (const stream of [caddy.stdout, caddy.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log += chunk.toString()
    })
  }
  const ended = once(caddy, 'exit')
  const certificate = join(data, 'caddy/pki/authorities/local/root.crt')
  const target = { address: `${network}.2`, certificate }
  const edge: Edge = {
    api,
    web,
    session,
    other,
    forbidden: Object.assign(forbidden, { address: `${network}.10:${FORBIDDEN_PORT}` }),
    target,
    ask: (options) => ask(target, options),
    askHttp2: (options) => askHttp2(target, options),
    askPlain: (host, path) => askPlain(target.address, host, path),
    askProbe: (path, from) => askProbe(network, path, from),
    mayCertify: async (host) => (await fetch(`http://${network}.2:8082/?domain=${host}`)).ok,
    connect: (serverName) => openTls(target, serverName),
    connectHttp2: (serverName) => openHttp2(target, serverName),
    raw: (serverName, bytes, waitMs = 1_500) => raw(target, serverName, bytes, waitMs),
    ended: ended.then(() => undefined),
    death: () => (caddy.exitCode === null ? undefined : log),
    reset: () => {
      for (const backend of backends) backend.seen.length = 0
      api.reply = allow
      for (const backend of [web, session, other, forbidden]) backend.reply = echo
    },
    async [Symbol.asyncDispose]() {
      await execute('docker', ['kill', name]).catch(() => undefined)
      await ended
      for (const backend of backends) await backend.close()
      rmSync(data, { recursive: true, force: true })
    },
  }
  edge.reset()
  try {
    await waitUntilReady(edge, certificate)
  } catch (error) {
    await edge[Symbol.asyncDispose]()
    throw error
  }
  edge.reset()
  return edge
}

/** What the compose file gives the edge. */
function ofCompose(name: 'mem_limit' | 'GOMEMLIMIT'): string {
  const compose = readFileSync(`${ROOT}/deploy/compose/docker-compose.yml`, 'utf8')
  const [, service = ''] = compose.split(/^ {2}caddy:$/m)
  const value = new RegExp(`^ +${name}: (\\S+)$`, 'm').exec(service)?.[1]
  if (value === undefined) throw new Error(`The compose file gives Caddy no ${name}.`)
  return value
}

async function waitUntilReady(edge: Edge, certificate: string): Promise<void> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const log = edge.death()
    if (log !== undefined) throw new Error(`Caddy ended:\n${log}`)
    if (existsSync(certificate)) {
      const answers = await Promise.allSettled(
        [WEB, API, SESSION].map((host) => edge.ask({ host })),
      )
      if (answers.every(({ status }) => status === 'fulfilled')) return
    }
    if (Date.now() > deadline) throw new Error('Caddy did not become ready within 30 s.')
    await delay(100)
  }
}

/** The image that the installation runs, or one that the environment names. */
export function findImage(): string {
  // biome-ignore lint/style/noProcessEnv: a developer names another image here
  const named = process.env.MEDFORGE_EDGE_TEST_IMAGE
  if (named) return named
  const file = `${ROOT}/deploy/compose/.env`
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const image = /^CADDY_IMAGE=(\S+)$/m.exec(text)?.[1]
  if (image) return image
  throw new Error('There is no Caddy image yet. Run ./medforge up first, or ./medforge test.')
}
