import { readFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { PROBLEM_MEDIA_TYPE, type SubmissionAccepted } from '@medforge/contracts'
import { eventually } from '@medforge/test-support'
import { expect } from 'vitest'
import type { TestApp } from '../app.ts'
import { ABUSE, type Sent } from './abuse.ts'
import { signIn, submit, TITANIC, test, titanicCsv } from './site.ts'

const ROWS = readTable(new URL('../../../docs/errors.md', import.meta.url))
// Less than the largest bodies have: none of them is ever held as a whole.
const GROWTH_MAX_BYTES = 6 * 1024 * 1024
/** How much is sent between two looks at the memory. */
const PIECE_BYTES = 1024 * 1024

test('the table of abuse in docs/errors.md is the one that is tested', () => {
  expect(ROWS.map(({ sent }) => sent)).toEqual(Object.keys(ABUSE))
})

test('every upload of that table gets its answer, and costs what it should', {
  timeout: 180_000,
}, async ({ site, open, db }) => {
  const api = await open({
    env: { SUBMISSIONS_DIR: site.submissionsDir, AUTO_SCORE_ON_SUBMIT: 'false' },
  })
  const port = await listen(api)
  const accepted: string[] = []
  const memory = watchMemory()
  for (const { sent, status, code } of ROWS) {
    const { visitor } = await signIn(api, db)
    const request = ABUSE[sent]?.()
    if (!request) throw new Error(`Nobody knows how to send ${sent}.`)
    memory.begin(request)
    const { head, body, grewMost } = await send(port, request, visitor.cookie() ?? '', memory)
    expect(Math.max(grewMost, memory.growth()), sent).toBeLessThan(GROWTH_MAX_BYTES)

    expect(`${sent}: ${head}`).toContain(`${sent}: HTTP/1.1 ${status} `)
    expect(head, sent).toMatch(/^x-request-id: [0-9a-f-]{36}$/im)
    for (const secret of [site.submissionsDir, site.hiddenRoot, 'node_modules', '.ts:']) {
      expect(body, sent).not.toContain(secret)
    }
    if (code === null) {
      const { submission, remaining_today }: SubmissionAccepted = JSON.parse(body).data
      expect(remaining_today, sent).toBe(19)
      accepted.push(`${submission.id}.csv`)
    } else {
      expect(head, sent).toContain(PROBLEM_MEDIA_TYPE)
      expect(JSON.parse(body), sent).toMatchObject({ status, code })
    }
    await eventually(async () =>
      expect((await site.files()).toSorted()).toEqual(accepted.toSorted()),
    )
    const used = code === null ? 1 : 0
    const next = await submit(visitor, titanicCsv())
    expect(next.remaining_today, sent).toBe(19 - used)
    accepted.push(`${next.submission.id}.csv`)
  }
})

test('the same bytes twice count twice, and once with an Idempotency-Key', async ({
  site_api,
  db,
}) => {
  const { visitor } = await signIn(site_api, db)
  await submit(visitor, titanicCsv())
  expect((await submit(visitor, titanicCsv())).remaining_today).toBe(18)
  const headers = { 'idempotency-key': 'retry-1' }
  await submit(visitor, titanicCsv(), { headers })
  expect((await submit(visitor, titanicCsv(), { headers })).remaining_today).toBe(17)
})

function readTable(file: URL): { sent: string; status: number; code: string | null }[] {
  const [, section = ''] = readFileSync(file, 'utf8').split('## Uploads that mean trouble')
  return [...section.matchAll(/^\| (.+?) \| (\d{3})(?: `(\w+)`)? \|$/gm)].map(
    ([, sent = '', status, code]) => ({
      sent: sent.replaceAll('\\', ''),
      status: Number(status),
      code: code ?? null,
    }),
  )
}

async function listen(api: TestApp): Promise<number> {
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  return (api.app.server.address() as AddressInfo).port
}

/** One request, byte for byte; the first answer that comes, and how far memory grew while the body was on its way. */
async function send(
  port: number,
  { headers, body, announced }: Sent,
  cookie: string,
  memory: ReturnType<typeof watchMemory>,
) {
  const socket = connect(port, '127.0.0.1').setNoDelay()
  const { promise, resolve } = Promise.withResolvers<void>()
  let output = ''
  socket.on('error', () => resolve())
  socket.on('close', () => resolve())
  socket.on('data', (chunk) => {
    output += chunk
    if (isComplete(output)) resolve()
  })
  const lines = Object.entries({
    host: 'api.medforge.localhost',
    cookie,
    'content-length': String(announced ?? body.length),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`POST /api/v1/competitions/${TITANIC}/submissions HTTP/1.1\r\n${lines.join('')}\r\n`)
  let grewMost = 0
  for (let at = 0; at < body.length && socket.writable && !isComplete(output); at += PIECE_BYTES) {
    const piece = body.subarray(at, at + PIECE_BYTES)
    await Promise.race([promise, new Promise((written) => socket.write(piece, written))])
    if (body.length > PIECE_BYTES) grewMost = Math.max(grewMost, memory.growth())
  }
  await promise
  socket.destroy()
  const [head = '', text = ''] = output.split('\r\n\r\n')
  return { head, body: text.slice(0, lengthOf(head)), grewMost }
}

function isComplete(output: string): boolean {
  const end = output.indexOf('\r\n\r\n')
  return end > 0 && Buffer.byteLength(output.slice(end + 4)) >= lengthOf(output.slice(0, end))
}

function lengthOf(head: string): number {
  return Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)
}

function memoryInUse(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Collecting garbage is most of what this test costs, so it is done only where it makes a difference. */
function watchMemory() {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  function memoryHeld(): number {
    // Twice: what the first one freed is given back by the time of the second.
    collect()
    collect()
    return memoryInUse()
  }

  let known = memoryHeld()
  let before = known
  let wasLarge = false
  return {
    /** What is held from here on is growth. A body that is large itself must not hide any. */
    begin({ body }: Sent): void {
      const isLarge = body.length > PIECE_BYTES
      if (isLarge || wasLarge) known = memoryHeld()
      wasLarge = isLarge
      before = known
    },
    /** How far it grew at most, garbage included where that is below the limit all the same. */
    growth(): number {
      const atMost = memoryInUse() - before
      if (atMost < GROWTH_MAX_BYTES) return atMost
      known = memoryHeld()
      return known - before
    },
  }
}
