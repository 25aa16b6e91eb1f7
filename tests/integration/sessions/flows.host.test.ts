import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { promisify } from 'node:util'
import { CUT_SCRIPT, clientFilters, LIST_SCRIPT } from '@medforge/api/reconciler/network/flows.ts'
import { afterEach, describe, expect, test } from 'vitest'

const execute = promisify(execFile)
/** Both ends of what resisted, as the script prints them. */
const run = (script: string, filters: string[] = []) =>
  execute('sh', ['-c', script, 'flows', ...filters]).then(({ stdout }) => stdout)
const cut = (...addresses: string[]) =>
  run(
    CUT_SCRIPT,
    addresses.map((address) => `dst ${address}`),
  )
const cutClients = (clients: string[]) => run(CUT_SCRIPT, clientFilters(clients))
/** This end of a connection, as the other side sees it. */
const clientOf = ({ socket }: { socket: Socket }) => `${socket.localAddress}:${socket.localPort}`

/** Loopback addresses that nobody else uses, as stand-ins for sessions. */
const [ONE, TWO, ELSE] = ['127.88.0.1', '127.88.0.2', '127.88.0.3'] as const

const cleanUps: (() => void)[] = []
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
})

async function listen(address: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.resume()
    cleanUps.push(() => socket.destroy())
  })
  server.listen(0, address)
  await once(server, 'listening')
  cleanUps.push(() => server.close())
  return (server.address() as { port: number }).port
}

async function open(address: string, port: number) {
  const socket = connect(port, address)
  socket.on('error', () => {})
  await once(socket, 'connect')
  cleanUps.push(() => socket.destroy())
  // A reset is an error first, and what is waited for here.
  return { socket, closed: new Promise<void>((ended) => socket.once('close', () => ended())) }
}

/** A connection that this end closed: it lingers in TIME-WAIT. */
async function openAndClose(address: string, port: number): Promise<void> {
  const { socket, closed } = await open(address, port)
  socket.end()
  await closed
}

const isOpen = (socket: Socket) => !socket.destroyed && socket.writable

describe('cutting the flows of sessions', () => {
  test('resets every open one, and none of anybody else', async () => {
    const ports = { one: await listen(ONE), two: await listen(TWO), other: await listen(ELSE) }
    const one = [await open(ONE, ports.one), await open(ONE, ports.one)]
    const two = await open(TWO, ports.two)
    const other = await open(ELSE, ports.other)
    expect(await cut(ONE, TWO)).toBe('')
    await Promise.all([...one, two].map(({ closed }) => closed))
    expect(isOpen(other.socket)).toBe(true)
  })

  test('minds no connection that was closed already', async () => {
    const port = await listen(ONE)
    await openAndClose(ONE, port)
    const { closed } = await open(ONE, port)
    expect(await cut(ONE)).toBe('')
    await closed
    expect(await cut(ONE)).toBe('')
  })
})

describe('cutting the flows of clients', () => {
  test('resets the connections that are named, however many, and none of the same client beside them', async () => {
    const port = await listen(ONE)
    const flows = await Promise.all(Array.from({ length: 252 }, () => open(ONE, port)))
    const [kept, alsoKept, ...ended] = flows
    expect(await cutClients(ended.map(clientOf))).toBe('')
    await Promise.all(ended.map(({ closed }) => closed))
    for (const flow of [kept, alsoKept]) expect(flow && isOpen(flow.socket)).toBe(true)
  })

  test('minds no connection that was closed already', async () => {
    const port = await listen(ONE)
    const flow = await open(ONE, port)
    const client = clientOf(flow)
    flow.socket.destroy()
    await flow.closed
    expect(await cutClients([client])).toBe('')
  })

  test('lists them with their number', async () => {
    const flow = await open(ONE, await listen(ONE))
    const words = (await run(LIST_SCRIPT)).trim().split(' ')
    expect(Number(words.pop())).toBe(words.length)
    expect(words).toContain(clientOf(flow))
  })
})
