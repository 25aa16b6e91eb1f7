import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createCaddyProbe } from '@medforge/api/reconciler/runtime/readiness.ts'
import { describe, expect, test } from 'vitest'

async function listen(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const never = new AbortController().signal

describe(createCaddyProbe, () => {
  test('asks the internal listener for this session, and takes 200 alone for a yes', async () => {
    const asked: (string | undefined)[] = []
    let status = 502
    await using caddy = await listen((request, response) => {
      asked.push(request.url)
      response.writeHead(status).end()
    })
    const probe = createCaddyProbe(caddy.url)
    for (const each of [502, 404, 302, 401, 503]) {
      status = each
      expect(await probe.isReady('abcdefgh', never)).toBe(false)
    }
    status = 200
    expect(await probe.isReady('abcdefgh', never)).toBe(true)
    expect(new Set(asked)).toEqual(new Set(['/probe/mf-session-abcdefgh']))
  })

  test('takes no answer, and an answer that is too late, for a no', async () => {
    await using mute = await listen(() => {})
    expect(await createCaddyProbe(mute.url).isReady('abcdefgh', never)).toBe(false)
    expect(await createCaddyProbe('http://127.0.0.1:1').isReady('abcdefgh', never)).toBe(false)
    expect(await createCaddyProbe(mute.url).isReady('abcdefgh', AbortSignal.abort())).toBe(false)
  })
})
