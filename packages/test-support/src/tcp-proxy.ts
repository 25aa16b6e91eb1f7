import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/**
 * `pass`: as if it were not there. `blackhole`: nothing comes through in either direction and nobody is told, as when packets are
 * dropped. `reset`: connections end at once. `latency`: every packet is late by `latencyMs`.
 */
export type TcpProxyMode = 'pass' | 'blackhole' | 'reset' | 'latency'

export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** Holds for connections that are open already, too; what was swallowed meanwhile stays lost. */
  setMode(mode: TcpProxyMode): void
}

/** Something in the middle of a TCP connection that can fail as networks do. On loopback. */
export async function openTcpProxy(
  target: { host: string; port: number },
  { latencyMs = 200 }: { latencyMs?: number } = {},
): Promise<TcpProxy> {
  let mode: TcpProxyMode = 'pass'
  const sockets = new Set<Socket>()

  function join(from: Socket, to: Socket): void {
    sockets.add(from)
    const late = (work: () => void) =>
      mode === 'latency' ? setTimeout(work, latencyMs).unref() : work()
    from.on('data', (bytes) => {
      if (mode !== 'blackhole') late(() => to.writable && to.write(bytes))
    })
    from.on('end', () => {
      if (mode !== 'blackhole') late(() => to.end())
    })
    from.on('error', () => {
      if (mode !== 'blackhole') to.destroy()
    })
    from.on('close', () => sockets.delete(from))
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (mode === 'reset') return client.resetAndDestroy()
    const upstream = connect({ ...target, allowHalfOpen: true })
    join(client, upstream)
    join(upstream, client)
    return undefined
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.')

  return {
    port: address.port,
    setMode(next) {
      mode = next
      if (mode === 'reset') for (const socket of sockets) socket.resetAndDestroy()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
