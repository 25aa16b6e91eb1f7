import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { promisify } from 'node:util'
import { CUT_SCRIPT } from '@medforge/api/reconciler/network/flows.ts'
import { afterEach, describe, expect, test } from 'vitest'

const execute = promisify(execFile)
/** The addresses that resisted, as the script prints them. */
const cut = (...addresses: string[]) =>
  execute('sh', ['-c', CUT_SCRIPT, 'flows', ...addresses]).then(({ stdout }) => stdout)

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
