import { type ClientRequest, type IncomingMessage, request } from 'node:http'

const SOCKET = '/var/run/docker.sock'
const LIMIT_MS = 10_000

/** A container of the platform's sessions, as Docker lists it. */
export type SessionContainer = {
  id: string
  name: string
  sessionId: string
  state: string
}

/** Ask Docker's own API: a fraction of what its command costs, and these tests ask often. */
export function askDocker(method: string, path: string): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>()
  const call = openDocker(method, path, (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('error', reject)
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
    )
  })
  call.setTimeout(LIMIT_MS, () => call.destroy(new Error(`Docker did not answer ${path}.`)))
  call.on('error', reject)
  return promise
}

export function openDocker(
  method: string,
  path: string,
  onResponse: (response: IncomingMessage) => void,
): ClientRequest {
  const call = request({ socketPath: SOCKET, method, path }, onResponse)
  call.end()
  return call
}

export async function listSessionContainers(): Promise<SessionContainer[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: ['medforge.managed=1'] }))
  const { status, body } = await askDocker('GET', `/containers/json?all=1&filters=${filters}`)
  if (status !== 200) throw new Error(`Docker answered ${status}: ${body}`)
  const listed = JSON.parse(body) as {
    Id: string
    Names: string[]
    Labels: Record<string, string>
    State: string
  }[]
  return listed.map((container) => ({
    id: container.Id,
    name: (container.Names[0] ?? '').replace(/^\//, ''),
    sessionId: container.Labels['medforge.session'] ?? '',
    state: container.State,
  }))
}
