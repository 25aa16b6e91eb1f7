import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { eventually } from '@medforge/test-support'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * The rules in a host of their own, made of network namespaces: a "host" with a bridge and Docker's chains, Caddy, the API and two
 * sessions on the bridge, a control network on the host's other side, and a resolver and a server out in the "internet".
 */
const SCRIPT = fileURLToPath(new URL('../../../ops/network/firewall.sh', import.meta.url))
const PORTS_SCRIPT = fileURLToPath(
  new URL('../../../ops/network/isolate-ports.sh', import.meta.url),
)
const RUN = randomUUID().slice(0, 4)
const NAMES = ['host', 'caddy', 'api', 'one', 'two', 'db', 'net'] as const
type Name = (typeof NAMES)[number]
const space = (name: Name) => `mft-${RUN}-${name}`

const ADDRESS = {
  gateway: '172.30.0.1',
  caddy: '172.30.0.2',
  api: '172.30.0.3',
  one: '172.30.0.130',
  two: '172.30.0.131',
  controlGateway: '172.30.1.1',
  db: '172.30.1.5',
  hostOutside: '198.51.100.1',
  server: '198.51.100.2',
  resolver: '10.9.9.9',
  metadata: '169.254.169.254',
}
/** One address of each range that is nobody's business; the server outside has all of them. */
const PRIVATE = [
  '10.1.2.3',
  '100.64.0.1',
  '172.16.9.9',
  '192.168.7.7',
  '198.18.0.1',
  '169.254.170.2',
]
const ENVIRONMENT = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  BRIDGE: 'mf-sessions',
  CADDY: ADDRESS.caddy,
  SUBNET: '172.30.0.0/24',
  RESOLVERS: ADDRESS.resolver,
}
const servers: ReturnType<typeof spawn>[] = []

function run(file: string, ...args: string[]): string {
  return execFileSync(file, args, { encoding: 'utf8' }).trim()
}

function inside(name: Name, file: string, ...args: string[]): string {
  return run('nsenter', `--net=/run/netns/${space(name)}`, file, ...args)
}

function firewall(
  verb: string,
  settings: Record<string, string> = {},
): { status: number | null; output: string } {
  const args = [`--net=/run/netns/${space('host')}`, 'sh', SCRIPT, verb]
  const env = { ...ENVIRONMENT, ...settings }
  const { status, stdout } = spawnSync('nsenter', args, { encoding: 'utf8', env })
  return { status, output: stdout.trim() }
}

/** A cable between the host and another namespace, with the far end's addresses. */
function plug(name: Name, options: { bridge?: string; near?: string[]; far: string[] }): void {
  inside(
    'host',
    'ip',
    'link',
    'add',
    `v-${name}`,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    space(name),
  )
  if (options.bridge) inside('host', 'ip', 'link', 'set', `v-${name}`, 'master', options.bridge)
  for (const address of options.near ?? [])
    inside('host', 'ip', 'address', 'add', address, 'dev', `v-${name}`)
  inside('host', 'ip', 'link', 'set', `v-${name}`, 'up')
  for (const address of options.far) inside(name, 'ip', 'address', 'add', address, 'dev', 'eth0')
  inside(name, 'ip', 'link', 'set', 'eth0', 'up')
}

/** Answers TCP on the given ports and sends back whatever comes, and UDP on 53 and 9000 from the address that was asked. */
const SERVER = `
const { createServer } = require('node:net')
const { createSocket } = require('node:dgram')
const ports = process.argv.slice(1).map(Number)
const addresses = Object.values(require('node:os').networkInterfaces()).flat().filter(({ family }) => family === 'IPv4')
const answer = (socket) => { socket.on('error', () => {}).write('hello'); socket.pipe(socket) }
Promise.all([
  ...ports.map((port) => new Promise((up) => createServer({ allowHalfOpen: true }, answer).listen(port, '::', up))),
  ...addresses.flatMap(({ address }) => [53, 9000].map((port) => new Promise((up) => {
    const socket = createSocket('udp4').on('message', (_text, from) => socket.send('hello', from.port, from.address))
    socket.bind(port, address, up)
  }))),
]).then(() => console.log('up'))`

/** Asks all at once and prints for each "open", or why not. */
const CLIENT = `
const ask = ({ kind, host, port }) => new Promise((say) => {
  setTimeout(say, 700, 'dropped')
  if (kind === 'tcp') {
    const socket = require('node:net').connect(port, host)
    socket.on('connect', () => say('open')).on('error', (error) => say(error.code))
  } else {
    const socket = require('node:dgram').createSocket('udp4')
    socket.on('message', () => say('open')).on('error', (error) => say(error.code))
    socket.connect(port, host, () => socket.send('hello'))
  }
})
Promise.all(JSON.parse(process.argv[1]).map(ask)).then((text) => { console.log(JSON.stringify(text)); process.exit() })`

type Question = { from: Name; kind: 'tcp' | 'udp'; host: string; port: number }

const tcpFrom = (from: Name): Question => ({ from, kind: 'tcp', host: ADDRESS.server, port: 443 })

/** The answers, in order; one process a namespace. */
function askAll(questions: readonly Question[]): string[] {
  const answers: string[] = []
  for (const [from, asked] of Map.groupBy(questions, (question) => question.from)) {
    const text = JSON.parse(inside(from, process.execPath, '-e', CLIENT, JSON.stringify(asked)))
    for (const [index, question] of asked.entries())
      answers[questions.indexOf(question)] = text[index]
  }
  return answers
}

type Case = [note: string, from: Name, kind: 'tcp' | 'udp', host: string, port: number]

function outcomesOf(cases: readonly Case[]): string[] {
  const answers = askAll(cases.map(([, from, kind, host, port]) => ({ from, kind, host, port })))
  return cases.map(([note], index) => `${note}: ${answers[index]}`)
}

async function serve(name: Name, ...ports: number[]): Promise<void> {
  const args = [
    `--net=/run/netns/${space(name)}`,
    process.execPath,
    '-e',
    SERVER,
    ...ports.map(String),
  ]
  const server = spawn('nsenter', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  servers.push(server)
  await once(server.stdout, 'data')
}

function ask(from: Name, kind: 'tcp' | 'udp', host: string, port: number): string | undefined {
  return askAll([{ from, kind, host, port }])[0]
}

/** A session's ways to its neighbours by the addresses that every port has without being given one. */
function byIpv6(): Case[] {
  return (['one', 'caddy', 'api'] as const).map((to) => {
    const shown = inside(to, 'ip', '-6', 'address', 'show', 'dev', 'eth0')
    const address = /inet6 (fe80[^/]+)/.exec(shown)?.[1]
    if (address === undefined) throw new Error(`${to} has no link-local address: ${shown}`)
    return [`${to} by IPv6`, 'two', 'tcp', `${address}%eth0`, 8080]
  })
}

const ECHOING = [ADDRESS.one, ADDRESS.api, ADDRESS.caddy, ADDRESS.gateway, ADDRESS.db, '10.1.2.3']

function answersEcho(from: Name, host: string): boolean {
  const args = [`--net=/run/netns/${space(from)}`, 'ping', '-n', '-q', '-c', '1', '-W', '1', host]
  const { status, stderr } = spawnSync('nsenter', args, { encoding: 'utf8' })
  // 1: no answer came. Anything else is no finding.
  if (status !== 0 && status !== 1) throw new Error(`ping: ${stderr}`)
  return status === 0
}

beforeAll(async () => {
  for (const name of NAMES) {
    run('ip', 'netns', 'add', space(name))
    inside(name, 'ip', 'link', 'set', 'lo', 'up')
  }
  inside('host', 'ip', 'link', 'add', 'mf-sessions', 'type', 'bridge')
  inside('host', 'ip', 'address', 'add', `${ADDRESS.gateway}/24`, 'dev', 'mf-sessions')
  inside('host', 'ip', 'link', 'set', 'mf-sessions', 'up')
  for (const name of ['caddy', 'api', 'one', 'two'] as const) {
    plug(name, { bridge: 'mf-sessions', far: [`${ADDRESS[name]}/24`] })
    inside(name, 'ip', 'route', 'add', 'default', 'via', ADDRESS.gateway)
  }
  plug('db', { near: [`${ADDRESS.controlGateway}/24`], far: [`${ADDRESS.db}/24`] })
  inside('db', 'ip', 'route', 'add', 'default', 'via', ADDRESS.controlGateway)
  const far = [ADDRESS.resolver, ADDRESS.metadata, ...PRIVATE]
  const outside = [`${ADDRESS.server}/24`, ...far.map((address) => `${address}/32`)]
  plug('net', { near: [`${ADDRESS.hostOutside}/24`], far: outside })
  inside('net', 'ip', 'route', 'add', 'default', 'via', ADDRESS.hostOutside)
  inside('host', 'ip', 'route', 'add', 'default', 'via', ADDRESS.server)
  inside(
    'host',
    'sysctl',
    '-qw',
    'net.ipv4.ip_forward=1',
    'net.bridge.bridge-nf-call-iptables=1',
    'net.bridge.bridge-nf-call-ip6tables=1',
  )
  // What Docker leaves behind: DOCKER-USER first, then everything between containers of one bridge and out of it is let through.
  inside('host', 'iptables', '-N', 'DOCKER-USER')
  inside('host', 'iptables', '-A', 'DOCKER-USER', '-j', 'RETURN')
  inside('host', 'iptables', '-P', 'FORWARD', 'ACCEPT')
  inside('host', 'iptables', '-A', 'FORWARD', '-j', 'DOCKER-USER')
  await serve('host', 22, 8080)
  await serve('caddy', 443, 2019, 8080)
  await serve('api', 8000, 8080)
  await serve('one', 8080, 9090)
  await serve('two', 8080, 9090)
  await serve('db', 3306)
  await serve('net', 53, 80, 443)
})

afterAll(() => {
  for (const server of servers) server.kill('SIGKILL')
  for (const name of NAMES) run('ip', 'netns', 'del', space(name))
})

describe('before the rules', () => {
  test('everything is open, so that what follows is the rules’ doing', async () => {
    const open: Case[] = [
      ['session', 'two', 'tcp', ADDRESS.one, 8080],
      ['session, UDP', 'two', 'udp', ADDRESS.one, 9000],
      ['database', 'two', 'tcp', ADDRESS.db, 3306],
      ['host', 'two', 'tcp', ADDRESS.gateway, 22],
      ['metadata', 'two', 'tcp', ADDRESS.metadata, 80],
      ...PRIVATE.map((address): Case => [address, 'two', 'tcp', address, 80]),
    ]
    expect(outcomesOf(open)).toEqual(open.map(([note]) => `${note}: open`))
    // An address can be used once the kernel knows that no other host has it, a second or two after it was given.
    await eventually(
      () => expect(outcomesOf(byIpv6())).toEqual(byIpv6().map(([note]) => `${note}: open`)),
      { timeoutMs: 20_000 },
    )
    for (const host of ECHOING) expect(answersEcho('two', host), host).toBe(true)
    expect(firewall('check').status).toBe(3)
  })
})

describe('with the rules', () => {
  beforeAll(() => {
    expect(firewall('ensure')).toEqual({ status: 0, output: 'repaired' })
  })

  test('nothing is left to do, and a look changes nothing', () => {
    expect(firewall('ensure')).toEqual({ status: 0, output: 'ok' })
    expect(firewall('check')).toEqual({ status: 0, output: 'ok' })
  })

  test('are proven from when they were tried out until they are replaced, on this boot of the host', () => {
    inside('host', 'iptables', '-N', 'MEDFORGE-PROVEN-00000000')
    expect(firewall('ensure').output).toBe('ok')
    expect(firewall('prove')).toEqual({ status: 0, output: 'proven' })
    expect(firewall('prove')).toEqual({ status: 0, output: 'proven' })
    expect(firewall('ensure').output).toBe('proven')
    inside('host', 'iptables', '-D', 'DOCKER-USER', '1')
    expect(firewall('prove').status).toBe(3)
    expect(firewall('ensure').output).toBe('repaired')
    expect(firewall('ensure').output).toBe('ok')
    expect(inside('host', 'iptables', '-S')).not.toContain('PROVEN')
  })

  test('lets through what has to get through', () => {
    const wanted: Case[] = [
      ['Caddy', 'caddy', 'tcp', ADDRESS.one, 8080],
      ['a session out to the internet', 'one', 'tcp', ADDRESS.server, 443],
      ['a session out to a name server of the internet', 'one', 'udp', ADDRESS.server, 53],
      ['a session to the host’s resolver, by UDP', 'one', 'udp', ADDRESS.resolver, 53],
      ['a session to the host’s resolver, by TCP', 'one', 'tcp', ADDRESS.resolver, 53],
      ['Caddy out to the internet', 'caddy', 'tcp', ADDRESS.server, 443],
      ['the host to Caddy', 'host', 'tcp', ADDRESS.caddy, 443],
      ['the internet to Caddy', 'net', 'tcp', ADDRESS.caddy, 443],
      ['the database’s network to the internet', 'db', 'tcp', ADDRESS.server, 443],
    ]
    expect(outcomesOf(wanted)).toEqual(wanted.map(([note]) => `${note}: open`))
  })

  test('lets nothing else through', () => {
    const unwanted: Case[] = [
      ['a session to another’s IDE', 'two', 'tcp', ADDRESS.one, 8080],
      ['a session to another’s ports', 'two', 'tcp', ADDRESS.one, 9090],
      ['a session to another by UDP', 'two', 'udp', ADDRESS.one, 9000],
      ['a session to the API', 'two', 'tcp', ADDRESS.api, 8000],
      ['a session to Caddy’s public port', 'two', 'tcp', ADDRESS.caddy, 443],
      ['a session to Caddy’s admin port', 'two', 'tcp', ADDRESS.caddy, 2019],
      ['a session to the database', 'two', 'tcp', ADDRESS.db, 3306],
      ['a session to the host by its gateway', 'two', 'tcp', ADDRESS.gateway, 22],
      ['a session to the host by another bridge', 'two', 'tcp', ADDRESS.controlGateway, 22],
      ['a session to the host by its public address', 'two', 'tcp', ADDRESS.hostOutside, 22],
      ['a session to the host by its gateway, by UDP', 'two', 'udp', ADDRESS.gateway, 9000],
      ['a session to the API’s other ports', 'two', 'tcp', ADDRESS.api, 8080],
      ['a session to the API by UDP', 'two', 'udp', ADDRESS.api, 9000],
      ['a session to Caddy’s port for health', 'two', 'tcp', ADDRESS.caddy, 8080],
      ['a session to the database by UDP', 'two', 'udp', ADDRESS.db, 9000],
      ['a session to the metadata address', 'two', 'tcp', ADDRESS.metadata, 80],
      ['a session to the resolver’s other ports', 'two', 'tcp', ADDRESS.resolver, 80],
      ...PRIVATE.map((address): Case => [`a session to ${address}`, 'two', 'tcp', address, 80]),
      ['the API to a session', 'api', 'tcp', ADDRESS.one, 8080],
      ['Caddy to another port of a session', 'caddy', 'tcp', ADDRESS.one, 9090],
      ['the database’s network to a session', 'db', 'tcp', ADDRESS.one, 8080],
      ['the internet to a session', 'net', 'tcp', ADDRESS.one, 8080],
      ['the internet to the API', 'net', 'tcp', ADDRESS.api, 8000],
      ['a person on the host to a session', 'host', 'tcp', ADDRESS.one, 8080],
    ]
    expect(outcomesOf(unwanted).filter((line) => line.endsWith('open'))).toEqual([])
  })

  test('sessions reach nobody by IPv6 either', () => {
    expect(outcomesOf(byIpv6()).filter((line) => line.endsWith('open'))).toEqual([])
  })

  test('sessions get no answer to an echo request either, except from the internet', () => {
    expect(ECHOING.filter((host) => answersEcho('two', host))).toEqual([])
    expect(answersEcho('two', ADDRESS.server)).toBe(true)
  })

  test.each([
    ['flushed', ['iptables', '-F', 'MEDFORGE-FORWARD']],
    ['unhooked', ['iptables', '-D', 'DOCKER-USER', '-j', 'MEDFORGE-FORWARD']],
    ['passed over', ['iptables', '-I', 'DOCKER-USER', '1', '-j', 'ACCEPT']],
    ['opened by a rule in front of the host’s', ['iptables', '-I', 'INPUT', '1', '-j', 'ACCEPT']],
    ['added to', ['iptables', '-I', 'MEDFORGE-FORWARD', '1', '-j', 'ACCEPT']],
    ['flushed for IPv6', ['ip6tables', '-F', 'MEDFORGE-INPUT']],
  ])('rules that were %s are noticed, and put back at once', (_note, [file = '', ...args]) => {
    inside('host', file, ...args)
    expect(firewall('check').status).toBe(3)
    expect(firewall('ensure')).toEqual({ status: 0, output: 'repaired' })
    const after: Case[] = [
      ['session to session', 'two', 'tcp', ADDRESS.one, 8080],
      ['session to host', 'two', 'tcp', ADDRESS.gateway, 22],
      ['Caddy to session', 'caddy', 'tcp', ADDRESS.one, 8080],
    ]
    expect(outcomesOf(after)).toEqual([
      'session to session: dropped',
      'session to host: dropped',
      'Caddy to session: open',
    ])
  })

  test('a host whose bridges bypass the rules is told what to do', () => {
    inside('host', 'sysctl', '-qw', 'net.bridge.bridge-nf-call-iptables=0')
    try {
      const { status, output } = firewall('ensure')
      expect(status).toBe(3)
      expect(output).toContain('sysctl -w net.bridge.bridge-nf-call-iptables=1')
    } finally {
      inside('host', 'sysctl', '-qw', 'net.bridge.bridge-nf-call-iptables=1')
    }
  })

  test('a session has so many open connections and no more, and its neighbour has its own', () => {
    const opened = Array.from({ length: 30 }, (): Question => tcpFrom('one'))
    firewall('ensure', { OPEN_CONNECTIONS: '20' })
    const answers = askAll([...opened, tcpFrom('two')])
    expect(answers.filter((answer) => answer === 'open')).toHaveLength(20 + 1)
    expect(answers.at(-1)).toBe('open')
    expect(firewall('ensure')).toEqual({ status: 0, output: 'repaired' })
  })

  test.each([
    ['out to the internet', ADDRESS.server],
    ['to a resolver of the host', ADDRESS.hostOutside],
  ])('a session has so many new connections %s and no more', (_note, host) => {
    const limits = { NEW_CONNECTIONS: '1/min', NEW_CONNECTIONS_AT_ONCE: '10' }
    firewall('ensure', { ...limits, RESOLVERS: ADDRESS.hostOutside })
    const asked = Array.from(
      { length: 30 },
      (): Question => ({ from: 'one', kind: 'udp', host, port: 53 }),
    )
    expect(askAll(asked).filter((answer) => answer === 'open')).toHaveLength(10)
    expect(ask('two', 'udp', host, 53)).toBe('open')
    // The edge's ways to a session count for nobody.
    const visits = Array.from(
      { length: 30 },
      (): Question => ({ from: 'caddy', kind: 'tcp', host: ADDRESS.one, port: 8080 }),
    )
    expect(new Set(askAll(visits))).toEqual(new Set(['open']))
    expect(firewall('ensure')).toEqual({ status: 0, output: 'repaired' })
  })

  test('connections that exist survive a repair', async () => {
    inside('host', 'iptables', '-F', 'MEDFORGE-FORWARD')
    const args = [
      `--net=/run/netns/${space('caddy')}`,
      process.execPath,
      '-e',
      LASTING,
      ADDRESS.one,
    ]
    const client = spawn('nsenter', args, { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(client.stdout, 'data')
    firewall('ensure')
    client.stdin.write('go on\n')
    const [answer] = await once(client.stdout, 'data')
    expect(String(answer)).toContain('still open')
    client.kill('SIGKILL')
  })

  test('let no address open connections to the edge without end, and leave others theirs', () => {
    const asked = Array.from(
      { length: 1_000 },
      (): Question => ({ from: 'net', kind: 'tcp', host: ADDRESS.caddy, port: 443 }),
    )
    expect(new Set(askAll(asked))).toEqual(new Set(['open', 'dropped']))
    expect(ask('db', 'tcp', ADDRESS.caddy, 443)).toBe('open')
  })

  test('are taken away without a trace', () => {
    expect(firewall('remove').status).toBe(0)
    for (const family of ['iptables', 'ip6tables']) {
      expect(inside('host', `${family}-save`)).not.toContain('MEDFORGE')
    }
    expect(ask('two', 'tcp', ADDRESS.one, 8080)).toBe('open')
  })
})

/** Whether `from` gets an answer to the question that comes before every packet: who has this address? No rule of iptables sees it. */
function findsNeighbour(from: Name, host: string): boolean {
  inside(from, 'ip', 'neighbour', 'flush', 'dev', 'eth0')
  ask(from, 'udp', host, 9000)
  return inside(from, 'ip', 'neighbour', 'show', host).includes('lladdr')
}

describe('frames that no rule sees, from somebody with every right inside their own session', () => {
  const macOf = (name: Name) =>
    /link\/ether (\S+)/.exec(inside(name, 'ip', 'link', 'show', 'eth0'))?.[1] ?? 'none'
  let guard: ReturnType<typeof spawn> | undefined
  let text = ''

  beforeAll(() => {
    expect(firewall('ensure').status).toBe(0)
  })

  afterAll(() => {
    if (guard?.pid) process.kill(-guard.pid, 'SIGKILL')
  })

  test('pass between two sessions as long as their ports are not isolated', async () => {
    expect(findsNeighbour('two', ADDRESS.one)).toBe(true)
  })

  test('do not pass once the guard has seen each of them, and the way by the edge stays', async () => {
    const args = [`--net=/run/netns/${space('host')}`, 'sh', PORTS_SCRIPT]
    const env = { ...ENVIRONMENT, EDGE: `${macOf('caddy')} ${macOf('api')}` }
    // A group of its own, so that its children end with it.
    guard = spawn('nsenter', args, { env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
    guard.stdout?.on('data', (chunk) => {
      text += chunk
    })
    for (const name of ['one', 'two'] as const) {
      await eventually(() => text.includes(`isolated ${macOf(name)}`))
    }
    expect(findsNeighbour('two', ADDRESS.one)).toBe(false)
    expect(ask('caddy', 'tcp', ADDRESS.one, 8080)).toBe('open')
    expect(ask('one', 'tcp', ADDRESS.server, 443)).toBe('open')
    expect(text).not.toContain('failed')
    expect(text).not.toContain(macOf('caddy'))
  })

  test('do not pass from a port that is new to the bridge either', async () => {
    inside('host', 'ip', 'link', 'set', 'v-two', 'nomaster')
    text = ''
    inside('host', 'ip', 'link', 'set', 'v-two', 'master', 'mf-sessions')
    ask('two', 'udp', ADDRESS.gateway, 9000)
    await eventually(() => text.includes(`isolated ${macOf('two')}`))
    expect(findsNeighbour('two', ADDRESS.one)).toBe(false)
  })
})

/** Opens a connection, says so, and after a line on stdin sends something and waits until it comes back. */
const LASTING = `
const socket = require('node:net').connect({ host: process.argv[1], port: 8080 })
let heard = ''
socket.on('error', (error) => console.log(error.code))
socket.on('data', (text) => {
  const before = heard
  heard += text
  if (before === '') console.log('open')
  if (heard.includes('and back') && !before.includes('and back')) console.log('still open')
})
process.stdin.once('data', () => {
  socket.write('there and back')
  setTimeout(() => console.log('silence'), 5000)
})`
