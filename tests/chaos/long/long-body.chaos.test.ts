import { once } from 'node:events'
import { request } from 'node:https'
import { setInterval } from 'node:timers/promises'
import { afterAll, expect } from 'vitest'
import { connectTo } from '../../support/https.ts'
import { eventually, inContainer } from '../../support/installation.ts'
import { signUp } from '../../support/person.ts'
import { launch, stop, visit } from '../../support/sessions.ts'
import { type Chaos, openChaos } from '../support/chaos.ts'
import { test } from '../support/test.ts'

let chaos: Chaos

test.beforeAll(async ({ plane }) => {
  chaos = await openChaos(plane)
  await chaos.allUp()
})
afterAll(() => chaos?.[Symbol.asyncDispose]())

const PORT = 8123
// Node's own limit of a request, which code-server has without the pack's change, is five minutes.
const PARTS = 33
const EVERY_MS = 10_000

/** Answers each POST with the number of bytes that came. */
const COUNTER = `
import http.server
class Count(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()
    def do_POST(self):
        size = len(self.rfile.read(int(self.headers['Content-Length'])))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(size).encode())
http.server.ThreadingHTTPServer(('127.0.0.1', ${PORT}), Count).serve_forever()
`

test('a body that arrives for five and a half minutes reaches a port of the session whole', async () => {
  const { installation } = chaos
  const person = await signUp(installation, 'long-body')
  const session = await launch(person)
  const container = `mf-session-${session.slug}`
  await inContainer(container, 'sh', '-c', `nohup python3 -c "${COUNTER}" >/dev/null 2>&1 &`)
  const path = `/proxy/${PORT}/`
  const isServed = async () =>
    (await visit(installation, session.slug, person, path)).status === 204 || undefined
  await eventually(isServed, 'the port is served', { timeoutMs: 30_000 })

  const host = installation.sessionHost(session.slug)
  const upload = request({
    ...connectTo({ host }),
    ...{ method: 'POST', path, agent: false },
    headers: { host, cookie: person.cookie, 'content-length': PARTS },
  })
  const answered = once(upload, 'response')
  let sent = 0
  for await (const _ of setInterval(EVERY_MS)) {
    upload.write('x')
    sent += 1
    if (sent === PARTS) break
  }
  upload.end()
  const [response] = await answered
  expect(response.statusCode).toBe(200)
  expect(await response.setEncoding('utf8').toArray()).toEqual([String(PARTS)])
  await stop(person, session)
}, 450_000)
