/**
 * What do others notice while one client holds as much of the edge as it can? Small requests, each over a connection of its own, first on a
 * quiet edge and then during each attack. Run by `./medforge bench attack`. The attackers are a thread of their own. As on a public host they
 * have another address than the others: both go to the edge's container itself, past the published port, behind which all are one.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { CONTROL_ADDRESSES } from '@medforge/core/settings'
import * as attackers from '../support/attackers.ts'
import { docker, type Installation, readInstallation, runOnHost } from '../support/installation.ts'
import { describeMachine } from './machine.ts'
import { findPlatformProcesses } from './platform-processes.ts'
import { readRssBytes } from './processes.ts'
import { conclude, ms, times } from './report.ts'
import { percentile } from './statistics.ts'

const EVERY_MS = 50
const EDGE = CONTROL_ADDRESSES.caddy
// Of the control network, where no container has them.
const ATTACKER = '172.30.1.60'
const OTHERS = '172.30.1.61'
const AUTHORITY = '/var/lib/medforge/caddy/caddy/pki/authorities/local/root.crt'
const ATTACKS = {
  'unfinished headers of 140,000 fields': [attackers.sendTinyFields, 60],
  'unfinished headers of 1 MB': [attackers.sendLargeValue, 400],
  'unfinished header blocks': [attackers.sendIndexedFields, 400],
  'answers unread, 100 a connection': [attackers.readNothing, 400],
  'bodies without an end': [attackers.sendSlowBodies, 400],
  'connections kept alive': [attackers.keepAlive, 1_000],
} as const satisfies Record<string, readonly [typeof attackers.keepAlive, number]>
type Name = keyof typeof ATTACKS

if (!isMainThread) await attack(workerData as { name: Name; host: string })
else {
  const bridge = await findControlBridge()
  const addresses = [ATTACKER, OTHERS]
  for (const address of addresses)
    await runOnHost('ip', 'address', 'replace', `${address}/32`, 'dev', bridge)
  try {
    await measureAll(readInstallation())
  } finally {
    for (const address of addresses)
      await runOnHost('ip', 'address', 'del', `${address}/32`, 'dev', bridge)
  }
}

async function findControlBridge(): Promise<string> {
  const [route] = JSON.parse(await runOnHost('ip', '-json', 'route', 'get', EDGE))
  return route.dev
}

async function attack({ name, host }: { name: Name; host: string }): Promise<void> {
  const [send, count] = ATTACKS[name]
  const attacked = { address: EDGE, from: ATTACKER, host, certificate: readFileSync(AUTHORITY) }
  using held = await send(attacked, count)
  parentPort?.postMessage(held.made)
  if (parentPort) await once(parentPort, 'message')
}

async function measureAll(installation: Installation): Promise<void> {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '8' } } })
  const forMs = Math.min(60, Math.max(1, Number(values.seconds))) * 1000
  await measure(installation, 2_000) // warm
  const quiet = await measure(installation, forMs)
  const startedAt = await edgeStartedAt()
  const measured = new Map<string, Measured>()
  for (const name of Object.keys(ATTACKS) as Name[]) {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { name, host: installation.webHost },
    })
    // The time in which it begins counts too.
    const begun = once(worker, 'message')
    const result = await measure(installation, forMs, begun)
    worker.postMessage('over')
    await once(worker, 'exit')
    measured.set(name, result)
  }
  const all = [...measured.values()]
  const p99Ms = Math.max(...all.map(({ taken }) => percentile(taken, 0.99)))
  const row = (name: string, { taken, failures, memoryMib }: Measured) => [
    name,
    String(taken.length),
    ms(percentile(taken, 0.5)),
    ms(percentile(taken, 0.99)),
    times(percentile(taken, 0.99), percentile(quiet.taken, 0.99)),
    String(failures),
    `${memoryMib.toFixed(0)} MiB`,
  ]
  conclude('attack', {
    machine: await describeMachine(installation),
    tables: [
      {
        header: ['meanwhile', 'n', 'p50', 'p99', 'p99 in quiet ones', 'failed', 'memory of Caddy'],
        rows: [row('nothing', quiet), ...[...measured].map(([name, result]) => row(name, result))],
      },
    ],
    notes: [
      'A request every 50 ms, each over a new connection, from before an attack begins until it was held as long as a baseline lasts.',
      'The attacker has one address, the others another. All share the cores.',
    ],
    figures: { quiet, ...Object.fromEntries(measured) },
    measured: {
      p99Ms,
      failures: all.reduce((sum, { failures }) => sum + failures, 0),
      restarts: (await edgeStartedAt()) === startedAt ? 0 : 1,
    },
  })
}

type Measured = { taken: number[]; failures: number; memoryMib: number }

/** Ask at a constant rate, whatever the answers take, until `forMs` have passed since `begun`. */
async function measure(
  installation: Installation,
  forMs: number,
  begun: Promise<unknown> = Promise.resolve(),
): Promise<Measured> {
  const taken: number[] = []
  let failures = 0
  let isOver = false
  const askOnce = async () => {
    const at = performance.now()
    if ((await statusOf(installation)) !== 200) failures += 1
    taken.push(performance.now() - at)
  }
  const ending = begun
    .then(() => delay(forMs))
    .then(() => {
      isOver = true
    })
  const asked: Promise<void>[] = []
  while (!isOver) {
    asked.push(askOnce())
    await delay(EVERY_MS)
  }
  await ending
  const memoryMib = await edgeMemory()
  await Promise.all(asked)
  return { taken, failures, memoryMib }
}

/** Over a connection of its own, as a stranger has; 0 where nothing came within 30 s. */
async function statusOf({ apiHost }: Installation): Promise<number> {
  const call = request({
    ...{
      host: EDGE,
      localAddress: OTHERS,
      servername: apiHost,
      ca: readFileSync(AUTHORITY),
      agent: false,
    },
    ...{ path: '/api/v1/status', headers: { host: apiHost }, timeout: 30_000 },
  })
  call.on('timeout', () => call.destroy(new Error('no answer within 30 s')))
  call.end()
  try {
    const [response] = await once(call, 'response')
    response.resume()
    await once(response, 'end')
    return response.statusCode
  } catch {
    return 0
  }
}

async function edgeStartedAt(): Promise<string> {
  return docker('inspect', '--format', '{{.State.StartedAt}} {{.RestartCount}}', 'medforge-caddy')
}

async function edgeMemory(): Promise<number> {
  const { Caddy = 0 } = await findPlatformProcesses()
  return readRssBytes(Caddy) / 2 ** 20
}
