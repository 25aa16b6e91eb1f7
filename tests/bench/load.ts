import { connect, type Socket } from 'node:net'

/** A request as its bytes, with the status that is right for it. */
export type LoadRequest = { kind: string; bytes: Buffer; status: number }

export type Load = {
  port: number
  connections: number
  seconds: number
  /** The next request; called once for each. */
  next: () => LoadRequest
}

export type LoadResult = {
  requests: number
  seconds: number
  /** Answers with another status than the right one, by kind. */
  wrong: Record<string, number>
  /**
   * Milliseconds; of an open loop, what found no free connection counts from the moment at which it was due, so a server that pauses is not
   * forgiven. Not so a generator that comes late by itself: `lateness` says by how much.
   */
  latencies: number[]
  /** Of an open loop: how late the generator itself was with each request, in milliseconds. */
  lateness: number[]
}

/** As many requests as the server takes: every connection sends the next one when it has its answer. */
export async function loadFully(load: Load): Promise<LoadResult> {
  const result = emptyResult()
  const startedAt = performance.now()
  const endsAt = startedAt + load.seconds * 1000
  await withConnections(load, (connections) =>
    Promise.all(
      connections.map(async (connection) => {
        while (performance.now() < endsAt) {
          const sentAt = performance.now()
          await exchange(connection, load.next(), result)
          result.latencies.push(performance.now() - sentAt)
        }
      }),
    ),
  )
  result.seconds = (performance.now() - startedAt) / 1000
  return result
}

/** Requests at a constant rate, whatever the server does meanwhile: what finds no free connection waits, and its waiting counts. */
export async function loadSteadily(load: Load & { rate: number }): Promise<LoadResult> {
  const result = emptyResult()
  const total = Math.round(load.rate * load.seconds)
  const everyMs = 1000 / load.rate
  await withConnections(load, async (connections) => {
    const free = [...connections]
    const waiting: number[] = []
    const done = Promise.withResolvers<void>()
    const startedAt = performance.now()
    let due = 0

    const send = (connection: Connection, dueAt: number) => {
      exchange(connection, load.next(), result).then(() => {
        result.latencies.push(performance.now() - dueAt)
        const next = waiting.shift()
        if (next !== undefined) return send(connection, next)
        free.push(connection)
        if (due === total && free.length === connections.length) done.resolve()
        return undefined
      }, done.reject)
    }
    const tick = () => {
      const now = performance.now()
      for (; due < total && startedAt + due * everyMs <= now; due += 1) {
        const dueAt = startedAt + due * everyMs
        result.lateness.push(now - dueAt)
        // The one that has rested longest: a server closes those that rest for seconds.
        const connection = free.shift()
        if (connection) send(connection, performance.now())
        else waiting.push(dueAt)
      }
      if (due < total) setTimeout(tick, 1)
    }
    tick()
    await done.promise
    result.seconds = (performance.now() - startedAt) / 1000
  })
  return result
}

function emptyResult(): LoadResult {
  return { requests: 0, seconds: 0, wrong: {}, latencies: [], lateness: [] }
}

async function exchange(connection: Connection, request: LoadRequest, result: LoadResult) {
  const status = await connection.send(request.bytes)
  result.requests += 1
  if (status === request.status) return
  const kind = `${request.kind}: ${status}`
  result.wrong[kind] = (result.wrong[kind] ?? 0) + 1
}

interface Connection {
  /** Send one request; its status, once the whole answer is there. */
  send(bytes: Buffer): Promise<number>
  end(): void
}

async function withConnections(load: Load, work: (connections: Connection[]) => Promise<unknown>) {
  const { port } = load
  const opening = Array.from({ length: load.connections }, () => openConnection(port))
  const connections = await Promise.all(opening)
  try {
    await work(connections)
  } finally {
    for (const connection of connections) connection.end()
  }
}

/** A kept-alive HTTP/1.1 connection for answers with a Content-Length; node:http would cost more than the server under test. */
async function openConnection(port: number): Promise<Connection> {
  const socket: Socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  await new Promise<void>((resolve, reject) =>
    socket.once('connect', resolve).once('error', reject),
  )
  let received = ''
  let waiting: PromiseWithResolvers<number> | undefined
  const fail = (error?: Error) => {
    waiting?.reject(error ?? new Error('The server closed the connection.'))
    waiting = undefined
  }
  socket.on('error', fail)
  socket.on('close', () => fail())
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1')
    const head = received.indexOf('\r\n\r\n')
    if (head < 0) return
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(received)?.[1] ?? 0)
    if (received.length < head + 4 + length) return
    const status = Number(received.slice(9, 12))
    received = ''
    waiting?.resolve(status)
    waiting = undefined
  })
  return {
    send(bytes) {
      waiting = Promise.withResolvers()
      socket.write(bytes)
      return waiting.promise
    },
    end() {
      waiting = undefined
      socket.destroy()
    },
  }
}
