import { callDocker, type Docker } from '../docker/client.ts'
import { type HelperSpec, runHelper, startHelper } from '../docker/helper.ts'
import { HostAwayError } from '../host-error.ts'
import type { BridgeNetwork } from './bridge.ts'

export type ProbePlace = { docker: Docker; image: string; network: string }

const LIMIT_MS = 20_000
const PORT = 8080

// Stands in for a session: answers on 8080 and on another port, and has seen itself do so before it is asked by anybody else.
const LISTENER = `
const { createServer, connect } = require('node:net')
const ports = [${PORT}, 9090]
let open = 0
for (const port of ports) createServer((socket) => socket.on('error', () => {}).end()).listen(port, '0.0.0.0', () => {
  connect(port, '127.0.0.1').on('connect', () => { open += 1; if (open === ports.length) console.log('up') })
})
setTimeout(() => process.exit(1), ${LIMIT_MS})`

// Tries every address given and prints those that it reached, and whether the gateway or the edge said whose address it asked for. That much
// is open to every session; without it, nothing that was not reached says anything.
const INTRUDER = `
const { readFileSync } = require('node:fs')
const { connect } = require('node:net')
const tries = JSON.parse(process.argv[1]).map(([host, port]) => new Promise((done) => {
  const socket = connect({ host, port })
  setTimeout(() => { socket.destroy(); done() }, 800)
  socket.on('connect', () => { socket.destroy(); done(host + ':' + port) })
  // Refused is an answer too: the packet arrived and somebody said no.
  socket.on('error', (error) => done(error.code === 'ECONNREFUSED' ? host + ':' + port : undefined))
}))
const hasLink = () => readFileSync('/proc/net/arp', 'utf8').split('\\n').some((line) => {
  const [address, , flags] = line.split(/\\s+/)
  return process.argv.slice(2).includes(address) && (Number(flags) & 2) !== 0
})
Promise.all(tries).then((reached) => console.log(JSON.stringify({ reached: reached.filter(Boolean), hasLink: hasLink() })))`

/**
 * Two containers as sessions are placed, one of which tries to reach the other and everything else that is closed to it.
 *
 * @throws HostAwayError when the one that tries has no way out itself, and so proves nothing
 */
export async function probeIsolation(
  { docker, image, network }: ProbePlace,
  bridge: BridgeNetwork,
  signal: AbortSignal,
): Promise<string[]> {
  const helper = (command: string[]): HelperSpec => ({
    purpose: 'firewall-probe',
    image,
    command,
    hostConfig: { NetworkMode: network },
    limitMs: LIMIT_MS,
  })
  await using listener = await startHelper(docker, helper(['node', '-e', LISTENER]), signal)
  await listener.untilOutput('up', signal)
  const info = await callDocker({ limitMs: LIMIT_MS, signal }, () =>
    docker.getContainer(listener.id).inspect(),
  )
  const place = info.NetworkSettings.Networks[network]
  const victim = place?.IPAddress ?? ''
  // Where containers have a range of their own, Docker takes the gateway from there, and only says so here.
  const gateway = place?.Gateway || bridge.gateway
  const closed = [
    [victim, PORT],
    [victim, 9090],
    [bridge.api, 8000],
    [bridge.caddy, 443],
    [bridge.caddy, PORT],
    [gateway, 22],
    [gateway, 443],
    ['169.254.169.254', 80],
  ]
  const open = [gateway, bridge.caddy, bridge.api]
  const intruder = helper(['node', '-e', INTRUDER, JSON.stringify(closed), ...open])
  const { output } = await runHelper(docker, intruder, signal)
  const { reached, hasLink } = JSON.parse(output) as { reached: string[]; hasLink: boolean }
  if (!hasLink) throw new HostAwayError('The probe of the firewall has no network itself.')
  return reached
}
